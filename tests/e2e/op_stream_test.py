"""Streams of rows through named operations: the guide's own example, and the program against itself."""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from weir_program import ROOT, ProgramTest

SMALL = ("--set", "profile.edges=65536", "--set", "profile.accounts=1024", "--set", "dedup.events=4096",
         "--set", "windows.keys_max=4096", "--set", "storage.segment_bytes=134217728",
         "--set", "storage.free_bytes_min=0")


def example():
    """Returns the commands of the guide's example and the lines that it says they print."""
    guide = (ROOT / "docs/guide/operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\w*\n(.*?)\n```", guide, re.DOTALL)
    at = next(i for i, block in enumerate(blocks) if "/stream" in block)
    return blocks[at], blocks[at + 1].splitlines()


class OpStreamTest(ProgramTest):
    def streamed(self, name, rows, *words):
        (self.dir / "rows.ndjson").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        done = self.weir("op", "run", name, "--stream", "--rows", "rows.ndjson", *words)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def plain(self, name, params):
        (self.dir / "all.json").write_text(json.dumps(params), encoding="utf-8")
        return json.loads(self.weir("op", "run", name, "--params", "all.json").stdout)["result"]

    def test_statistics_of_more_rows_than_a_chunk_are_those_of_the_whole(self):
        numbers = [((i * 2654435761) % 2**32) / 2**20 for i in range(150_000)]
        lines = self.streamed("statistics", numbers)
        self.assertEqual([line["rows"] for line in lines[:-1]], [65_536, 65_536, 18_928])
        self.assertEqual(lines[-1]["result"], self.plain("statistics", {"data": numbers}))

    def test_parameters_come_from_a_file_and_rows_from_the_input(self):
        (self.dir / "kernel.json").write_text('{"kernel": [0.5, 0.5],\n "mode": "valid"}', encoding="utf-8")
        done = self.weir("op", "run", "convolution", "--stream", "--params", "kernel.json", input="1\n2\n4\n")
        self.assertEqual(json.loads(done.stdout.splitlines()[0])["result"], {"data": [1.5, 3]})

    def test_a_bad_row_ends_the_run_with_its_line(self):
        done = self.weir("op", "run", "statistics", "--stream", input="1\nx\n", code=2)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["error"]["line"], 2)
        self.weir("op", "run", "matrix_inverse", "--stream", input="1\n", code=2)
        self.weir("op", "run", "statistics", "--rows", "rows.ndjson", code=1)

    @unittest.skipUnless(shutil.which("curl"), "no curl here")
    def test_the_example_of_the_guide(self):
        server = subprocess.Popen(
            [os.environ["WEIR"], "serve", "--http", "127.0.0.1:0", "--dir", "log", "--key-file", "key", *SMALL],
            cwd=self.dir, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            port = next(found[1] for found in
                        (re.search(r"listening on http://127.0.0.1:([0-9]+),", line) for line in server.stdout)
                        if found)
            commands, said = example()
            key = (self.dir / "key").read_text(encoding="utf-8").strip()
            done = subprocess.run(["bash", "-c", commands], text=True, capture_output=True, timeout=60, check=True,
                                  env={**os.environ, "KEY": key, "URL": f"http://127.0.0.1:{port}"})
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], said[0])
        self.assertTrue(lines[1].startswith(said[1].removesuffix("...}")), lines[1])
        self.assertTrue(json.loads(lines[1])["success"])


if __name__ == "__main__":
    unittest.main()
