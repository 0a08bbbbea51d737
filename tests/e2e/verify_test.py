"""A stranger with a proof and a block hash can check an event; whatever is altered is found."""
import json
import re
import unittest

from weir_program import ProgramTest


class VerifyTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.weir("import", self.payments("first.csv", rows=1500), "--dir", "log", "--batch", 256)
        self.first_head = self.head()
        self.weir("import", self.payments("second.csv", rows=1500, seed=8, first=1500), "--dir", "log",
                  "--batch", 256)

    def head(self):
        return re.search(r"head ([0-9a-f]{64})\nsound\n", self.weir("verify", "log").stdout).group(1)

    def prove(self, event="t-777"):
        """Returns a proof as an object, and writes it to proof.json."""
        text = self.weir("verify", "log", "--proof", event).stdout
        (self.dir / "proof.json").write_text(text, encoding="utf-8")
        return json.loads(text)

    def check(self, proof, root, code=0):
        (self.dir / "altered.json").write_text(json.dumps(proof), encoding="utf-8")
        return self.weir("verify", "--check", "altered.json", "--root", root, code=code)

    def test_a_proof_leads_to_its_block_and_names_the_event(self):
        for number in (0, 777, 1499, 1500, 2999):
            proof = self.prove(f"t-{number}")
            done = self.weir("verify", "--check", "proof.json", "--root", proof["block_hash"])
            self.assertRegex(done.stdout,
                             rf"^sound: event {number + 1} \([0-9a-f-]{{36}}, outcome (pass|hold|block)\) "
                             rf"is in block {proof['height']}\n$")
            # The block is one of the chain that ends in the head.
            self.weir("verify", "log", "--since", proof["block_hash"])

    def test_a_proof_of_an_old_block_needs_no_log(self):
        proof = self.prove()
        for path in sorted((self.dir / "log").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        self.weir("verify", "--check", "proof.json", "--root", proof["block_hash"])

    def test_every_part_of_a_proof_is_bound_to_the_root(self):
        proof = self.prove()
        root = proof["block_hash"]

        def flipped(text, at):
            return text[:at] + format(int(text[at], 16) ^ 1, "x") + text[at + 1:]

        for part in ("header", "events", "verdicts"):
            for at in range(0, len(proof[part]), max(1, len(proof[part]) // 12)):
                with self.subTest(part=part, at=at):
                    done = self.check(proof | {part: flipped(proof[part], at)}, root, code=3)
                    self.assertIn("proof_wrong", done.stderr)
        for at in range(len(proof["path"])):
            path = list(proof["path"])
            path[at] = flipped(path[at], 5)
            self.check(proof | {"path": path}, root, code=3)
        # Not the next event of the leaf, nor a leaf of another block, nor another root.
        self.check(proof | {"row": proof["row"] + 32}, root, code=3)
        self.check(proof | {"path": proof["path"][:-1]}, root, code=3)
        self.check(proof | {"path": proof["path"] + [root]}, root, code=3)
        other = self.prove("t-1")
        self.check(other | {"header": proof["header"]}, root, code=3)
        self.assertIn("block_hash", self.check(proof, other["block_hash"], code=3).stderr)
        self.check(proof, root)

    def test_what_is_no_proof_or_no_hash_is_said_so(self):
        proof = self.prove()
        root = proof["block_hash"]
        for text in ("", "{}", "[1,2", json.dumps(proof)[:-40]):
            (self.dir / "odd.json").write_text(text, encoding="utf-8")
            self.assertIn("proof_malformed",
                          self.weir("verify", "--check", "odd.json", "--root", root, code=2).stderr)
        for part in proof:
            if part in ("height", "block_hash"):
                continue  # for people; the header says it
            less = {name: value for name, value in proof.items() if name != part}
            self.assertIn(part, self.check(less, root, code=2).stderr)
        self.assertIn("64 hexadecimal digits", self.check(proof, root[:-1], code=1).stderr)
        self.weir("verify", "--check", "proof.json", code=1)
        self.weir("verify", "--check", "none.json", "--root", root, code=2)
        self.assertIn("event_unknown", self.weir("verify", "log", "--proof", "t-9999", code=2).stderr)
        self.weir("verify", code=1)
        self.weir("verify", "nowhere", "--proof", "t-1", code=2)

    def test_an_older_head_is_an_ancestor_and_nothing_else_is(self):
        self.assertNotEqual(self.first_head, self.head())
        done = self.weir("verify", "log", "--since", self.first_head)
        blocks = int(re.search(r"(\d+) blocks", done.stdout).group(1))
        height = int(re.search(r"\nblock (\d+) is an ancestor of the head\nsound\n$", done.stdout).group(1))
        self.assertLess(height, blocks)
        self.weir("verify", "log", "--since", self.head())
        altered = self.first_head[:-1] + ("0" if self.first_head[-1] != "0" else "1")
        done = self.weir("verify", "log", "--since", altered, code=3)
        self.assertIn("is no ancestor of the head", done.stdout)
        self.weir("verify", "log", "--since", "short", code=1)
        # The history of another log.
        self.weir("import", self.payments("third.csv", rows=1500, seed=9), "--dir", "other", "--batch", 256)
        self.weir("verify", "other", "--since", self.first_head, code=3)

    def configuration(self, log):
        return re.match(r"begun with configuration ([0-9a-f]{64}), which block 1 holds\n",
                        self.weir("verify", log).stdout).group(1)

    def test_the_configuration_that_a_log_was_begun_with_is_named(self):
        begun = self.configuration("log")
        third = self.payments("third.csv", rows=500, seed=9, first=3000)
        self.weir("import", third, "--dir", "log", "--set", "decide.alert_tail=3.5")
        self.assertEqual(self.configuration("log"), begun)
        self.weir("import", third, "--dir", "same", "--batch", 256)
        self.assertEqual(self.configuration("same"), begun)
        self.weir("import", third, "--dir", "other", "--set", "decide.alert_tail=3.5")
        self.assertNotEqual(self.configuration("other"), begun)

    def test_a_damaged_log_proves_nothing(self):
        segment = sorted((self.dir / "log" / "log").iterdir())[0]
        data = bytearray(segment.read_bytes())
        data[len(data.rstrip(b"\0")) // 3] ^= 16
        segment.write_bytes(data)
        self.weir("verify", "log", code=3)
        self.weir("verify", "log", "--since", self.first_head, code=3)


if __name__ == "__main__":
    unittest.main()
