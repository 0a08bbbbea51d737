"""The audit trail: every change is a line that follows on the one before, over restarts and crashes."""
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import unittest

from weir_program import ProgramTest

SMALL = ("--set", "profile.edges=65536", "--set", "profile.accounts=1024", "--set", "dedup.events=4096",
         "--set", "windows.keys_max=4096", "--set", "storage.segment_bytes=134217728",
         "--set", "storage.free_bytes_min=0")


class AuditTest(ProgramTest):
    def start(self):
        self.server = subprocess.Popen(
            [os.environ["WEIR"], "serve", "--http", "127.0.0.1:0", "--dir", "log", "--key-file", "key",
             *SMALL], cwd=self.dir, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, signal.SIGTERM)
        for line in self.server.stdout:
            found = re.search(r"listening on http://127.0.0.1:([0-9]+),", line)
            if found:
                self.port = int(found[1])
                self.key = (self.dir / "key").read_text(encoding="utf-8").strip()
                return
        self.fail("the server has ended")

    def end(self, number):
        if self.server.poll() is None:
            self.server.send_signal(number)
        self.server.communicate(timeout=60)

    def call(self, method, path, body=None):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.request(method, path, body, {"x-api-key": self.key})
        answer = client.getresponse()
        answer.read()
        client.close()
        return answer.status

    def change(self):
        """Asks for one change that is done and one that is refused."""
        self.assertEqual(self.call("PUT", "/v1/rules", "rule large: hold if amount > 100"), 200)
        self.assertEqual(self.call("PUT", "/v1/rules", "hold if amnt > 100"), 422)

    def verify(self, *words, code=0):
        return self.weir("audit", "verify", "log", *words, code=code).stdout

    def head(self):
        return re.search(r"head ([0-9a-f]{64})\n", self.verify()).group(1)

    def trail(self):
        files = sorted((self.dir / "log" / "audit").iterdir())
        self.assertEqual(len(files), 1)
        return files[0]

    def test_what_was_changed_taken_out_or_cut_off_is_found(self):
        self.start()
        self.change()
        self.end(signal.SIGTERM)
        older = self.head()
        self.first_key = self.key[5:13]
        self.start()
        self.change()
        self.end(signal.SIGTERM)
        done = self.verify()
        self.assertRegex(done, r"^log/audit: 6 entries in 1 files, 1 to 6; head [0-9a-f]{64}\nsound\n$")
        self.verify("--since", older)
        self.assertIn("never had the hash", self.verify("--since", "0" * 64, code=3))
        self.weir("audit", "verify", "log", "--since", "short", code=1)
        self.weir("audit", "verify", "nowhere", code=2)
        head = self.head()

        path = self.trail()
        sound = path.read_bytes()
        lines = sound.splitlines(keepends=True)
        entries = [json.loads(line)["entry"] for line in lines[1:]]
        # Each start makes a key here.
        self.assertEqual([(e["n"], e["action"], e["detail"]["status"]) for e in entries],
                         [(1, "key_create", 201), (2, "rules_put", 200), (3, "rules_put", 422),
                          (4, "key_create", 201), (5, "rules_put", 200), (6, "rules_put", 422)])
        self.assertEqual((entries[0]["actor"], entries[0]["object"]), ("local", "key:" + self.first_key))
        self.assertEqual(entries[1]["object"], "PUT /v1/rules")
        self.assertNotIn(self.key, sound.decode())

        flipped = bytearray(sound)
        flipped[len(lines[0]) + len(lines[1]) + 40] ^= 1
        path.write_bytes(flipped)
        self.assertRegex(self.verify(code=3), rf"unsound at entry 2, line 3 of {path.name}: ")
        path.write_bytes(b"".join(lines[:3] + lines[4:]))
        self.assertRegex(self.verify(code=3), rf"unsound at entry 3, line 4 of {path.name}: .*missing")
        path.write_bytes(b"".join(lines[:-1]))
        self.assertIn("sound\n", self.verify())
        self.assertIn("never had the hash", self.verify("--since", head, code=3))
        # The trail of another log.
        path.write_bytes(sound)
        self.weir("import", self.payments(rows=300), "--dir", "other", *SMALL)
        (self.dir / "log" / "audit").rename(self.dir / "other" / "audit")
        self.assertIn("another log", self.weir("audit", "verify", "other", code=3).stdout)

    def test_a_killed_server_goes_on_with_trail_and_names(self):
        for _ in range(3):
            self.start()
            self.change()
            event = {"id": f"t-{self.port}", "time": "2026-01-05T10:00:00Z", "amount": 5,
                     "currency": "USD", "debtor": f"payer {self.port}", "creditor": "payee"}
            self.assertEqual(self.call("POST", "/v1/decisions", json.dumps(event)), 200)
            last = f"payer {self.port}"
            self.end(signal.SIGKILL)
            self.assertIn("sound\n", self.verify())
        self.start()
        self.end(signal.SIGTERM)
        self.assertIn("sound\n", self.verify())
        # What was acknowledged has its names in the table.
        with sqlite3.connect(self.dir / "log" / "weir.db") as db:
            names = [row[0] for row in db.execute(
                "SELECT text FROM dictionary JOIN dictionary_space USING (space)"
                " WHERE name = 'account' ORDER BY value")]
        db.close()
        self.assertEqual(names[1], "payee")
        self.assertIn(last, names)


if __name__ == "__main__":
    unittest.main()
