"""An import adds to a log, and goes on exactly where it was cut off."""
import unittest

from weir_program import FITS_EARLY, ROWS, ProgramTest, read_rows

BATCH = 256
CUT = 44 * BATCH  # the bad row stands where a block ends, so that both ways cut equal blocks


class ImportTest(ProgramTest):
    def test_going_on_gives_the_verdicts_of_one_run(self):
        tx = self.payments(rows=ROWS, bad_rows=(CUT,))
        options = ("--batch", BATCH, "--label-delay", "3d", *FITS_EARLY)
        self.weir("run", tx, "--dir", "whole", "--out", "whole.csv", *options)
        done = self.weir("import", tx, "--dir", "log", "--out", "1.csv", "--max-errors", 0, *options,
                         code=2)
        self.assertIn("too_many_rejects", done.stderr)
        done = self.weir("import", tx, "--dir", "log", "--resume", "--out", "2.csv", *options)
        self.assertIn(f"going on behind row {CUT}, line {CUT + 1}", done.stdout)
        self.assertIn(f"accepted {ROWS - CUT - 1}, repeated 0", done.stdout)
        parts = [(self.dir / name).read_text().splitlines() for name in ("1.csv", "2.csv")]
        self.assertEqual(len(parts[0]), CUT + 1)
        self.assertEqual(parts[0] + parts[1][1:], (self.dir / "whole.csv").read_text().splitlines())
        self.weir("verify", "log")
        self.assertIn("equal", self.weir("replay", "log").stdout)

    def test_nothing_is_left_to_do_behind_the_last_row(self):
        tx = self.payments(rows=600)
        self.weir("import", tx, "--dir", "log")
        done = self.weir("import", tx, "--dir", "log", "--resume")
        self.assertIn("going on behind row 600, line 601", done.stdout)
        self.assertIn("accepted 0, repeated 0", done.stdout)
        done = self.weir("import", tx, "--dir", "log", "--out", "again.csv")
        self.assertIn("accepted 0, repeated 600", done.stdout)
        self.assertEqual(read_rows(self.dir / "again.csv")[599]["seq"], "600")
        self.assertIn("equal", self.weir("replay", "log").stdout)

    def test_a_second_file_follows_the_first(self):
        self.weir("import", self.payments("a.csv", rows=300), "--dir", "log")
        second = self.payments("b.csv", rows=300, seed=8)
        second.write_text(second.read_text().replace("\nt-", "\nu-"), encoding="utf-8")
        self.weir("import", second, "--dir", "log", code=0)
        self.assertIn("600 events", self.weir("verify", "log").stdout)
        done = self.weir("import", "a.csv", "--dir", "log", "--resume")
        self.assertIn("going on behind row 300", done.stdout)

    def test_a_changed_file_is_refused(self):
        tx = self.payments(rows=300)
        self.weir("import", tx, "--dir", "log")
        tx.write_text(tx.read_text().replace("t-5,", "t-five,"), encoding="utf-8")
        done = self.weir("import", tx, "--dir", "log", "--resume", code=2)
        self.assertIn("file_changed", done.stderr)

    def test_going_on_needs_a_place(self):
        tx = self.payments(rows=300)
        self.assertIn("no_log", self.weir("import", tx, "--dir", "log", "--resume", code=2).stderr)
        self.weir("import", self.payments("other.csv", rows=10, seed=3), "--dir", "log")
        self.assertIn("no_checkpoint",
                      self.weir("import", tx, "--dir", "log", "--resume", code=2).stderr)
        self.assertIn("--dir", self.weir("import", tx, code=1).stderr)


if __name__ == "__main__":
    unittest.main()
