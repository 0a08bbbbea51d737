"""Features, training and prediction from files of numbers, and what is said of files that are none."""
import json
import math
import struct
import unittest

from weir_program import ProgramTest


class NumericTest(ProgramTest):
    def rows(self):
        """Writes rows whose target is 2 a - 3 b + 1 and returns their path."""
        lines = ["a,b,price"]
        for i in range(200):
            a, b = i % 13, (i * 7) % 11
            lines.append(f"{a},{b},{2 * a - 3 * b + 1}")
        (self.dir / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return "rows.csv"

    def numbers(self, text):
        return [float(line) for line in text.split()[1:]]

    def test_features_of_a_series(self):
        (self.dir / "s.csv").write_text("t,close\n" + "".join(
            f"{i},{v}\n" for i, v in enumerate([1, 2, 3, 4, 5, 6, 7, 9])), encoding="utf-8")
        done = self.weir("numeric", "features", "s.csv", "--column", "close", "--size", 8)
        header, row = done.stdout.split()
        self.assertEqual(header, "first,mean,variance,skewness,min,max,x0,x1,x2,x3,x4")
        expected = [0, 4.625, 6.234375, .237138714152412, 1, 9, 4.625, 1.35931298132055,
                    .800390529679106, .658421004231679, .625]
        for got, value in zip(row.split(","), expected):
            self.assertTrue(math.isclose(float(got), value, abs_tol=1e-12), row)
        self.weir("numeric", "features", "s.csv", "--size", 4, code=2)

    def test_a_model_is_trained_saved_and_asked(self):
        rows = self.rows()
        done = self.weir("numeric", "train", rows, "--target", "price", "--model", "m.weir",
                         "--energy", 1)
        self.assertIn("200 rows, 2 columns, 2 components", done.stdout)
        self.assertEqual((self.dir / "m.weir").read_bytes()[:8], b"WEIRMDL1")
        # Columns are found by name, whatever stands between them.
        (self.dir / "new.csv").write_text("b,x,a\n1,9,5\n0,9,0\n", encoding="utf-8")
        said = self.numbers(self.weir("numeric", "predict", "new.csv", "--model", "m.weir").stdout)
        self.assertTrue(math.isclose(said[0], 8, abs_tol=1e-9), said)
        self.assertTrue(math.isclose(said[1], 1, abs_tol=1e-9), said)

    def test_raw_rows_are_read_in_blocks(self):
        values = [(i % 13, (i * 7) % 11) for i in range(100)]
        (self.dir / "x.f64").write_bytes(b"".join(struct.pack("<2d", *row) for row in values))
        (self.dir / "y.f64").write_bytes(
            b"".join(struct.pack("<d", 2 * a - 3 * b + 1) for a, b in values))
        self.weir("numeric", "train", "x.f64", "--columns", 2, "--target", "y.f64", "--model",
                  "m.weir", "--energy", 1)
        said = self.numbers(self.weir("numeric", "predict", "x.f64", "--model", "m.weir").stdout)
        self.assertEqual(len(said), 100)
        self.assertTrue(math.isclose(said[3], 7 - 3 * 10, abs_tol=1e-9), said[3])
        self.assertIn("whole number of rows", self.weir(
            "numeric", "train", "x.f64", "--columns", 3, "--target", "y.f64", "--model", "m.weir",
            code=2).stderr)

    def test_errors_name_line_column_and_value(self):
        (self.dir / "bad.csv").write_text("a,price\n1,2\n3,x4\n", encoding="utf-8")
        said = self.weir("numeric", "train", "bad.csv", "--target", "price", "--model", "m.weir",
                         code=2).stderr
        self.assertIn('"x4" is not a number', said)
        self.assertIn("line 3, column 2, field price", said)
        rows = self.rows()
        said = self.weir("numeric", "train", rows, "--target", "cost", "--model", "m.weir",
                         code=2).stderr
        self.assertIn("there are a, b, price", said)
        self.weir("numeric", "train", rows, code=1)
        self.assertIn("none.weir", self.weir("numeric", "predict", rows, "--model", "none.weir",
                                             code=2).stderr)
        (self.dir / "damaged.weir").write_bytes(b"WEIRMDL1" + bytes(200))
        self.weir("numeric", "predict", rows, "--model", "damaged.weir", code=3)

    def test_the_bench_and_the_ablation_count_and_divide(self):
        self.weir("bench", "numeric", "--rows", 3000, "--columns", 10, "--samples", 3000,
                  "--seconds", 0, "--no-peer", "--json", "b.json")
        figures = json.loads((self.dir / "b.json").read_text())
        self.assertEqual(figures["allocations_after_warmup"], 0)
        self.assertGreater(figures["features_ratio_to_naive"], 1)
        self.assertLess(figures["features_max_difference"], 1e-6)
        self.weir("numeric", "ablation", "--rows", 2000, "--columns", 8, "--samples", 2000,
                  "--no-peer", "--json", "a.json")
        table = json.loads((self.dir / "a.json").read_text())
        for workload in ("features", "features_64", "train", "predict", "predict_row"):
            self.assertEqual(table[f"{workload}_l0_ratio_to_l0"], 1)
            whole = table[f"{workload}_l0_ms"] / table[f"{workload}_l3_ms"]
            self.assertTrue(math.isclose(table[f"{workload}_l3_ratio_to_l0"], whole))
        self.assertGreater(table["features_l0_allocations_per_s"], 0)


if __name__ == "__main__":
    unittest.main()
