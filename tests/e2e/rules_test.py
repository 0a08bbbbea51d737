"""Rules are checked with every error in its place, and tried on streams, files and logs."""
import json
import unittest

from weir_program import ROOT, ProgramTest


class RulesCheckTest(ProgramTest):
    def test_good_rules_show_what_their_windows_cost(self):
        for name in ("rules/default.rules", "rules/handbook.rules", "bench/rules30.rules"):
            done = self.weir("rules", "check", ROOT / name)
            self.assertRegex(done.stdout, r"\d+ rules, \d+ windows")
        self.assertRegex(self.weir("rules", "check", ROOT / "rules/default.rules").stdout,
                         r"count\(debtor, 1h\)\n.* 32 bytes per key \(128 when busy\)")

    def test_every_error_has_line_column_and_caret(self):
        (self.dir / "bad.rules").write_text(
            "rule a: hold if amuont > 5\n"
            "rule b: alert if amount > 10\n"
            "rule b: alert if count(debtor) > 1\n", encoding="utf-8")
        done = self.weir("rules", "check", "bad.rules", code=2)
        self.assertIn("bad.rules: line 1, column 17:", done.stderr)
        self.assertIn("amount", done.stderr)
        self.assertIn("                ^", done.stderr)
        self.assertIn("bad.rules: line 3, column", done.stderr)
        self.assertIn("2 errors", done.stderr)

    def test_a_file_that_is_missing_is_named(self):
        self.assertIn("none.rules", self.weir("rules", "check", "none.rules", code=2).stderr)


class RulesTryTest(ProgramTest):
    def tried(self, *words):
        self.weir("rules", "try", *words, "--json", "try.json")
        return json.loads((self.dir / "try.json").read_text())

    def test_the_first_scenario_of_the_handbook_is_an_amount(self):
        rule = "rule big: block if amount > 220"
        report = self.tried(rule, "--simulate", "handbook", "--events", "60k")
        hits = report["rules"][0]["hits"]
        self.assertEqual(report["events"], 60_000)
        self.assertEqual(sum(cell["events"] for cell in hits["legit"].values()), 0)
        self.assertGreater(sum(cell["events"] for cell in hits["fraud"].values()), 5)
        self.assertEqual(report["rules"][0]["precision"], 1)
        table = self.weir("rules", "try", rule, "--simulate", "handbook", "--events", "2k").stdout
        self.assertIn("big (block)", table)
        self.assertIn("precision", table)

    def test_a_file_and_its_log_give_equal_hits(self):
        tx = self.payments(rows=4000)
        (self.dir / "my.rules").write_text(
            "rule busy: hold if count(debtor, 1d) > 4\nrule big: alert if amount > 220\n"
            "rule risky: tag risky if feature.payee_risk > 0.01\n",  # labels have come back
            encoding="utf-8")
        of_file = self.tried("my.rules", "--file", tx, "--set", "gate.batch_events=256")
        self.weir("run", tx, "--dir", "log", "--batch", 256)
        of_log = self.tried("my.rules", "--log", "log")
        self.assertEqual(of_log["events"], 4000)

        def counts(report):
            return [sum(cell["events"] for row in rule["hits"].values() for cell in row.values())
                    for rule in report["rules"]]
        self.assertEqual(counts(of_file), counts(of_log))
        self.assertGreater(min(counts(of_file)), 0)
        self.assertGreater(sum(c["events"] for c in of_log["rules"][1]["hits"]["fraud"].values()), 0)
        self.weir("verify", "log")

    def test_it_asks_for_rules_and_one_source(self):
        self.assertIn("one of --log", self.weir("rules", "try", "block if amount > 1", code=1).stderr)
        self.assertIn("amuont", self.weir("rules", "try", "block if amuont > 1", "--simulate", "rings",
                                          "--events", "10", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
