"""Runs the program under test, in a directory that goes away with the test."""
import csv
import datetime
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"  # public files, where a checkout has them
# So that small files meet fitted detectors, and slow machines are done with them soon.
FITS_EARLY = ("--set", "detect.fit_events=10240", "--set", "detect.trees=25")
ROWS = 14_000  # enough for that

HEADER = ("TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD").split(",")


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-e2e-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def weir(self, *words, code=0, **options):
        """Runs `weir WORDS` in the test's directory and checks its exit code."""
        done = subprocess.run([os.environ["WEIR"], *map(str, words)], cwd=self.dir, text=True,
                              capture_output=True, timeout=240, check=False, **options)
        self.assertEqual(done.returncode, code,
                         f"weir {words} exits {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def shared(self, name):
        path = DATA / name
        if not path.exists():
            self.skipTest(f"no file {name} here")
        return path

    def payments(self, name="tx.csv", rows=6000, bad_rows=(), seed=7, first=0):
        """Writes card payments t-FIRST ... over some weeks: a few terminals turn bad, a few amounts are large."""
        rng = random.Random(seed)
        start = datetime.datetime(2026, 1, 5)
        path = self.dir / name
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(HEADER)
            for number in range(first, first + rows):
                when = start + datetime.timedelta(seconds=number * 240 + rng.randrange(200))
                customer, terminal = rng.randrange(200), rng.randrange(100)
                amount = rng.uniform(5, 120) * (10 if rng.random() < 0.004 else 1)
                fraud = int(amount > 220 or terminal < 2)
                text = "12,3,4" if number in bad_rows else f"{amount:.2f}"
                writer.writerow([f"t-{number}", when.strftime("%Y-%m-%d %H:%M:%S"), customer, terminal,
                                 text, fraud])
        return path


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
