"""Two runs of a file are equal, a log verifies and replays, and a damaged one does not."""
import re
import unittest

from weir_program import FITS_EARLY, ROWS, ProgramTest, read_rows


class RunTest(ProgramTest):
    def test_two_runs_write_equal_verdicts_whatever_the_threads(self):
        tx = self.payments(rows=ROWS)
        outputs = []
        for name, threads in (("a", 1), ("b", 2), ("c", 4)):
            self.weir("run", tx, "--dir", f"log-{name}", "--out", f"{name}.csv", "--threads", threads,
                      "--batch", 512, *FITS_EARLY)
            outputs.append((self.dir / f"{name}.csv").read_bytes())
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])
        rows = read_rows(self.dir / "a.csv")
        self.assertEqual([row["id"] for row in rows], [f"t-{n}" for n in range(ROWS)])
        self.assertEqual([row["seq"] for row in rows], [str(n + 1) for n in range(ROWS)])
        self.assertGreater(len({row["tail"] for row in rows}), 100)

    def test_a_report_counts_every_line(self):
        tx = self.payments(rows=300, bad_rows=(17, 130))
        done = self.weir("run", tx)
        self.assertIn("lines 301: header 1, accepted 298, repeated 0, refused 0, rejected 2", done.stdout)
        self.assertIn(f"rejected lines: {tx}.rejected", done.stdout)
        problems = done.stderr.splitlines()
        self.assertEqual(len(problems), 2)
        self.assertIn('"line":19,"column":"TX_AMOUNT","code":"number_format","value":"12,3,4"',
                      problems[0])
        lines = tx.read_text().splitlines()
        self.assertEqual((self.dir / "tx.csv.rejected").read_text().splitlines(), [lines[18], lines[131]])
        self.assertTrue((self.dir / "weir-run-001").is_dir())

    def test_rejected_lines_go_to_the_working_directory_where_the_file_cannot_have_a_neighbour(self):
        tx = self.payments(rows=50, bad_rows=(3,))
        with tx.open("rb") as file:
            done = self.weir("run", f"/dev/fd/{file.fileno()}", pass_fds=(file.fileno(),))
            name = f"{file.fileno()}.rejected"
        self.assertIn(f"rejected lines: {name}\n", done.stdout)
        self.assertEqual((self.dir / name).read_text().splitlines(), [tx.read_text().splitlines()[4]])

    def test_public_files_are_read_whole(self):
        for name, events in (("berka/trans.asc.gz", 49_101), ("amlsim/transactions.csv.gz", 120_558)):
            with self.subTest(name):
                done = self.weir("run", self.shared(name), "--dir", name.split("/")[0])
                self.assertRegex(done.stdout, rf"accepted {events}, repeated 0, refused 0, rejected 0")
                self.weir("verify", name.split("/")[0])


class ReplayTest(ProgramTest):
    def setUp(self):
        super().setUp()
        tx = self.payments(rows=ROWS)
        self.weir("run", tx, "--dir", "log", "--batch", 512, *FITS_EARLY)

    def test_verdicts_are_recomputed_equal_by_any_threads_and_instruction_set(self):
        for threads in (1, 2, 4):
            done = self.weir("replay", "log", "--threads", threads)
            self.assertTrue(done.stdout.endswith("equal\n"), done.stdout)
        for isa in ("scalar", "sse4", "avx2", "avx512"):
            done = self.weir("replay", "log", "--isa", isa)
            self.assertTrue(done.stdout.endswith("equal\n"), done.stdout)

    def test_a_sound_log_verifies_and_proves_an_event(self):
        done = self.weir("verify", "log")
        self.assertRegex(done.stdout, rf"\d+ blocks, {ROWS} events")
        head = re.search(r"head ([0-9a-f]{64})", done.stdout).group(1)
        proof = self.weir("verify", "log", "--proof", "t-1234").stdout
        (self.dir / "proof.json").write_text(proof, encoding="utf-8")
        self.weir("verify", "--check", "proof.json", "--root", head, code=3)
        self.weir("verify", "log", "--since", head)
        self.weir("verify", "log", "--since", "0" * 64, code=3)

    def test_a_flipped_bit_is_found_and_named(self):
        segment = sorted((self.dir / "log" / "log").iterdir())[0]
        sound = segment.read_bytes()
        used = len(sound.rstrip(b"\0"))
        for at in (4096 + 24, used // 3, used // 2, used * 9 // 10):
            damaged = bytearray(sound)
            damaged[at] ^= 4
            segment.write_bytes(damaged)
            done = self.weir("verify", "log", code=3)
            with self.subTest(at=at):
                self.assertRegex(done.stdout, r"unsound at height \d+, offset \d+ of \S+, field \S+: ")
        segment.write_bytes(sound)
        self.weir("verify", "log")


if __name__ == "__main__":
    unittest.main()
