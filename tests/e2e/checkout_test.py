"""The script of the checkout says what it takes before it installs or builds anything."""
import pathlib
import subprocess
import tempfile
import unittest

from weir_program import ROOT


class CheckoutTest(unittest.TestCase):
    def expect(self, words, code, text):
        before = sorted(path.name for path in (ROOT / "build").glob("*"))
        done = subprocess.run([ROOT / "weir", *words], text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(text, done.stdout if code == 0 else done.stderr)
        self.assertEqual(before, sorted(path.name for path in (ROOT / "build").glob("*")), words)

    def test_words_that_it_does_not_take_leave_nothing_behind(self):
        self.expect(("build", "nope"), 2, 'no preset "nope"; use release, dev')
        self.expect(("build", "--help"), 2, 'no preset "--help"')
        self.expect(("build", "dev", "weir"), 2, "usage: ./weir build [preset]")
        self.expect(("setup", "now"), 2, "usage: ./weir setup")
        self.expect(("test", "nope"), 2, 'no test label "nope"; use unit')
        self.expect(("test", "unit", "tidy"), 2, "usage: ./weir test [label]")
        self.expect((), 2, "./weir demo ")

    def test_files_are_named_from_where_the_caller_stands(self):
        if not any((ROOT / "build" / preset / "src/main/weir").exists() for preset in ("release", "dev")):
            self.skipTest("no program to hand over to")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "here.toml").write_text("[log]\nlevel = \"info\"\n", encoding="utf-8")
            done = subprocess.run([ROOT / "weir", "config", "check", "here.toml"], cwd=folder, text=True,
                                  capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, "here.toml: sound\n"), done.stderr)

    def test_help_needs_no_build(self):
        self.expect(("help",), 0, "./weir setup ")
        self.expect(("--help",), 0, "./weir test [label]")


if __name__ == "__main__":
    unittest.main()
