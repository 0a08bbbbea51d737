"""Masked kinds never reach the disk as they came, and rules still know them."""
import hashlib
import hmac
import unittest

from weir_program import ProgramTest, read_rows

KEY = "0123456789abcdef0123456789abcdef"
CARD = "tok-4000-0001"
OPTIONS = ("--set", "wire.mask=card,customer", "--set", "wire.mask_key_file=mask.key")
RULE = f"rule named: block if debtor = 'customer:{CARD}'\n"


class MaskingTest(ProgramTest):
    def setUp(self):
        super().setUp()
        key = self.dir / "mask.key"
        key.write_text(KEY + "\n", encoding="utf-8")
        key.chmod(0o600)
        self.tx = self.payments(rows=50)
        lines = self.tx.read_text(encoding="utf-8").splitlines()
        parts = lines[3].split(",")
        parts[2] = CARD
        lines[3] = ",".join(parts)
        self.tx.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.dir / "my.rules").write_text(RULE, encoding="utf-8")

    def run_file(self, name, *options, **settings):
        return self.weir("run", self.tx, "--dir", name, "--out", f"{name}.csv", *options, **settings)

    def log_bytes(self, name):
        return b"".join(path.read_bytes() for path in (self.dir / name / "log").iterdir())

    def test_the_log_holds_only_the_keyed_hash(self):
        self.run_file("plain")
        self.assertIn(CARD.encode(), self.log_bytes("plain"))
        self.run_file("masked", "--no-rules", *OPTIONS)
        log = self.log_bytes("masked")
        self.assertNotIn(CARD.encode(), log)
        self.assertIn(hmac.new(KEY.encode(), CARD.encode(), hashlib.sha256).hexdigest().encode(), log)
        self.weir("verify", "masked")

    def test_rules_name_masked_parties_by_their_texts(self):
        self.run_file("log", "--rules", "my.rules", *OPTIONS)
        blocked = [row["id"] for row in read_rows(self.dir / "log.csv")
                   if row["outcome"] == "block"]
        self.assertEqual(blocked, ["t-2"])
        self.assertIn("equal", self.weir("replay", "log").stdout)
        tried = self.weir("rules", "try", RULE, "--file", self.tx, *OPTIONS)
        self.assertRegex(tried.stdout, r"named\s.*\b1\b")

    def test_another_key_is_refused_and_a_moved_one_taken(self):
        self.run_file("log", *OPTIONS)
        (self.dir / "other").mkdir()
        moved = self.dir / "other" / "moved.key"
        (self.dir / "mask.key").rename(moved)
        elsewhere = ("--set", "wire.mask=card,customer", "--set", f"wire.mask_key_file={moved}")
        self.weir("import", self.tx, "--dir", "log", *elsewhere)
        moved.write_text("x" * 32, encoding="utf-8")
        self.assertIn("mask_key_differs",
                      self.weir("import", self.tx, "--dir", "log", *elsewhere, code=2).stderr)
        moved.write_text("short", encoding="utf-8")
        self.assertIn("key_short",
                      self.weir("import", self.tx, "--dir", "log", *elsewhere, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
