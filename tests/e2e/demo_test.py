"""The demo: an alert with reasons at once, bounded memory, and a directory that verify and replay accept."""
import json
import os
import re
import signal
import subprocess
import unittest

from weir_program import ProgramTest

DEMO = ("demo", "--no-open", "--http", "127.0.0.1:0", "--dir", "world")


class Demo(ProgramTest):
    def accept_log(self):
        self.weir("verify", "world")
        self.weir("replay", "world")

    def test_shows_an_alert_with_reasons_and_leaves_a_sound_log(self):
        done = self.weir(*DEMO, "--seconds", "12")
        after = re.search(r"first alert after ([0-9.]+) s:\n(.*)\n", done.stdout)
        self.assertIsNotNone(after, done.stdout)
        self.assertLess(float(after[1]), 10)
        self.assertTrue(json.loads(after[2])["reasons"])
        memory = re.search(r"peak memory ([0-9]+) MB", done.stdout)
        self.assertLess(int(memory[1]), 300)
        self.accept_log()

    def test_ends_well_when_interrupted(self):
        process = subprocess.Popen([os.environ["WEIR"], *DEMO], cwd=self.dir,
                                   stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith("first alert"):
                break
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=60), 0, output)
        self.assertIn("events decided", output)
        self.accept_log()


if __name__ == "__main__":
    unittest.main()
