"""The bench of the HTTP path runs a real server and writes what it measured."""
import json
import unittest

from weir_program import FITS_EARLY, ProgramTest


class BenchHttpTest(ProgramTest):
    def bench(self, *words, code=0):
        self.weir("bench", "http", "--seconds", "0.4", "--accounts", 500, "--rate", 200, "--json", "f.json",
                  *FITS_EARLY, *words, code=code)
        self.assertFalse((self.dir / "weir-bench-http").exists())
        return json.loads((self.dir / "f.json").read_text(encoding="utf-8"))

    def test_it_measures_single_committed_decisions(self):
        figures = self.bench()
        self.assertEqual(figures["errors"], 0)
        self.assertAlmostEqual(figures["rate_per_s"], 200, delta=60)
        self.assertEqual(figures["durability"], "power")
        for lower, upper in (("p50_ms", "p95_ms"), ("p95_ms", "p99_ms"), ("p99_ms", "p999_ms"),
                             ("disk_fdatasync_p50_ms", "disk_fdatasync_p99_ms")):
            self.assertGreater(figures[lower], 0)
            self.assertLessEqual(figures[lower], figures[upper])
        self.assertGreater(figures["generator_share"], 0)
        self.assertLess(figures["generator_share"], 1)

    def test_a_missed_target_is_exit_5_and_batches_count_their_events(self):
        figures = self.bench("--batch", 50, "--rate", 20, "--target", "0.001", code=5)
        self.assertEqual(figures["errors"], 0)
        self.assertAlmostEqual(figures["events_per_s"], 50 * figures["rate_per_s"], delta=1)


if __name__ == "__main__":
    unittest.main()
