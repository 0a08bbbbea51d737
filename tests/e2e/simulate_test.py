"""Simulated streams are the same bytes for a seed, and Weir reads what it writes."""
import csv
import io
import json
import os
import subprocess
import unittest

from weir_program import ProgramTest, read_rows


class SimulateTest(ProgramTest):
    def test_a_seed_is_a_stream(self):
        for profile in ("handbook", "rings", "ledger"):
            for form in ("csv", "ndjson", "frames"):
                words = ("simulate", profile, "--events", 500, "--out", form, "--accounts", 200)
                self.weir(*words, "--to", "a", "--seed", 5)
                self.weir(*words, "--to", "b", "--seed", 5)
                self.weir(*words, "--to", "c", "--seed", 6)
                bytes_of = [(self.dir / name).read_bytes() for name in "abc"]
                self.assertEqual(bytes_of[0], bytes_of[1], (profile, form))
                self.assertNotEqual(bytes_of[0], bytes_of[2], (profile, form))

    def test_the_handbook_has_its_authors_columns_and_is_read_by_its_preset(self):
        text = self.weir("simulate", "handbook", "--events", 2000).stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), 2000)
        self.assertEqual(list(rows[0]), ["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID",
                                         "TX_AMOUNT", "TX_TIME_SECONDS", "TX_TIME_DAYS", "TX_FRAUD",
                                         "TX_FRAUD_SCENARIO"])
        self.assertEqual(rows[0]["TX_DATETIME"][:10], "2018-04-01")
        self.assertEqual([row["TRANSACTION_ID"] for row in rows], [str(n) for n in range(2000)])
        (self.dir / "tx.csv").write_text(text, encoding="utf-8")
        done = self.weir("run", "tx.csv", "--out", "out.csv")
        self.assertIn('preset = "handbook"', done.stdout)
        self.assertIn("accepted 2000, repeated 0, refused 0, rejected 0", done.stdout)
        self.assertEqual(read_rows(self.dir / "out.csv")[1999]["id"], "1999")

    def test_other_profiles_are_read_without_a_mapping(self):
        for profile in ("rings", "ledger"):
            self.weir("simulate", profile, "--events", 1500, "--accounts", 300, "--to", f"{profile}.csv")
            done = self.weir("run", f"{profile}.csv")
            # Rings finish what they began; every account of the ledger has an opening deposit.
            rows = len((self.dir / f"{profile}.csv").read_text().splitlines()) - 1
            self.assertGreaterEqual(rows, 1500)
            self.assertIn(f"accepted {rows}, repeated 0, refused 0, rejected 0", done.stdout)

    def test_json_lines_say_amounts_exactly(self):
        lines = self.weir("simulate", "handbook", "--events", 300, "--out", "ndjson").stdout.splitlines()
        events = [json.loads(line, parse_float=str) for line in lines]
        self.assertEqual(len(events), 300)
        for event in events:
            self.assertRegex(event["amount"], r"^\d+\.\d\d$")
            self.assertEqual(event["creditor"]["kind"], "terminal")

    def test_frames_are_cut_as_they_say(self):
        self.weir("simulate", "ledger", "--events", 20_000, "--accounts", 1000, "--out", "frames", "--to",
                  "f")
        left = (self.dir / "f").read_bytes()
        events = 0
        while left:
            self.assertEqual(left[:4], b"WEIR")
            events += int.from_bytes(left[8:12], "little")
            left = left[64 + int.from_bytes(left[12:16], "little"):]
        self.assertEqual(events, 20_000 + 1000)  # and the opening deposits

    def test_a_reader_that_leaves_ends_the_stream_quietly(self):
        with subprocess.Popen([os.environ["WEIR"], "simulate", "ledger", "--events", "1M"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.dir) as stream:
            self.assertTrue(stream.stdout.readline().startswith(b"id,time,"))
            stream.stdout.close()
            self.assertEqual(stream.stderr.read(), b"")
            self.assertEqual(stream.wait(60), 0)

    def test_a_place_that_cannot_be_written_is_named(self):
        done = self.weir("simulate", "rings", "--events", 10, "--to", "none/x.csv", code=2)
        self.assertIn("none/x.csv", done.stderr)


if __name__ == "__main__":
    unittest.main()
