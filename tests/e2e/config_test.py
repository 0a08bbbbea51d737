"""The configuration: checked before a start, reloaded in a running server, kept in the log."""
import http.client
import json
import os
import re
import signal
import subprocess
import unittest

from weir_program import ProgramTest

FILE = """[log]
level = "info"
[decide]
hold_tail = {hold}
[profile]
edges = 65536
accounts = 1024
[dedup]
events = 4096
[windows]
keys_max = 4096
[storage]
segment_bytes = 134217728
free_bytes_min = 0
"""
RULES = "rule points: score 600 if amount > 100\n"  # 5.4: over the default threshold of a hold


class Commands(ProgramTest):
    def test_check_names_every_problem_with_its_place(self):
        (self.dir / "bad.toml").write_text('[log]\nlevle = "info"\n[decide]\nhold_tail = 99\n',
                                           encoding="utf-8")
        said = self.weir("config", "check", "bad.toml", code=2).stderr
        self.assertIn("bad.toml:2:1: log.levle: unknown key; did you mean log.level?", said)
        self.assertIn("bad.toml:4:1: decide.hold_tail", said)
        (self.dir / "good.toml").write_text("log.level = \"debug\"\n", encoding="utf-8")
        self.assertIn("sound", self.weir("config", "check", "good.toml").stdout)

    def test_print_shows_where_each_value_comes_from(self):
        (self.dir / "weir.toml").write_text("log.level = \"warning\"\n", encoding="utf-8")
        env = dict(os.environ, WEIR_GATE__QUEUE_BYTES="2097152")
        said = self.weir("config", "print", "--diff-default", "--set", "detect.seed=5",
                         env=env).stdout
        self.assertIn('level = "warning"  # weir.toml:1', said)
        self.assertIn("queue_bytes = 2097152  # environment WEIR_GATE__QUEUE_BYTES", said)
        self.assertIn("seed = 5  # flag", said)

    def test_schema_and_example_are_made_of_the_same_keys(self):
        tables = json.loads(self.weir("config", "schema").stdout)["properties"]
        example = self.weir("config", "init").stdout
        for table, content in tables.items():
            self.assertIn(f"[{table}]", example)
            for key in content["properties"]:
                self.assertIn(f"# {key} = ", example)


class Reload(ProgramTest):
    def setUp(self):
        super().setUp()
        (self.dir / "my.rules").write_text(RULES, encoding="utf-8")
        self.number = 0

    def write(self, hold, more=""):
        (self.dir / "weir.toml").write_text(FILE.format(hold=hold) + more, encoding="utf-8")

    def start(self):
        self.server = subprocess.Popen(
            [os.environ["WEIR"], "serve", "--http", "127.0.0.1:0", "--dir", "log", "--rules",
             "my.rules", "--key-file", "key"], cwd=self.dir, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.addCleanup(self.end)
        for line in self.server.stdout:
            found = re.search(r"listening on http://127.0.0.1:([0-9]+),", line)
            if found:
                self.port = int(found[1])
                self.key = (self.dir / "key").read_text(encoding="utf-8").strip()
                return
        self.fail(self.server.stderr.read())

    def end(self):
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        self.server.communicate(timeout=60)

    def call(self, method, path, body=None):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        client.request(method, path, body, {"x-api-key": self.key})
        answer = client.getresponse()
        content = json.loads(answer.read())
        client.close()
        return answer.status, content

    def decide(self):
        """Returns outcome and configuration version of one more event."""
        self.number += 1
        status, verdict = self.call("POST", "/v1/decisions", json.dumps({
            "id": f"t-{self.number}", "time": f"2026-01-05T10:00:{self.number:02}Z",
            "type": "transfer", "amount": 500, "currency": "USD", "debtor": "1", "creditor": "2"}))
        self.assertEqual(status, 200, verdict)
        return verdict["outcome"], verdict["versions"]["config"]

    def wait_for(self, code):
        """Reads the server's log until a line with this code."""
        for line in self.server.stderr:
            entry = json.loads(line)
            if entry["code"] == code:
                return entry
        self.fail(f"no line with {code}")

    def test_thresholds_change_at_once_by_route_and_by_signal_and_replay_equally(self):
        self.write(5.0)
        self.start()
        self.assertEqual(self.decide(), ("hold", 1))
        self.write(6.0)
        status, review = self.call("POST", "/v1/config/check")
        self.assertEqual((status, review["applied"]), (200, ["decide.hold_tail"]))
        self.assertEqual(self.decide(), ("hold", 1))
        status, review = self.call("POST", "/v1/config/reload")
        self.assertEqual((status, review["version"]), (200, 2))
        self.assertEqual(self.wait_for("reloaded")["version"], 2)
        self.assertEqual(self.decide(), ("pass", 2))
        self.write(5.0, "[ledger]\nleaf_events = 1\n")
        self.server.send_signal(signal.SIGHUP)
        self.assertEqual(self.wait_for("reloaded")["version"], 3)
        self.assertEqual(self.wait_for("needs_restart")["key"], "ledger.leaf_events")
        self.assertEqual(self.decide(), ("hold", 3))
        self.end()
        self.assertIn("equal", self.weir("replay", "log").stdout)
        # A start with other values than the log's newest is a version too.
        self.write(6.0)
        self.start()
        self.assertEqual(self.decide(), ("pass", 4))

    def test_a_bad_file_leaves_the_old_configuration_running(self):
        self.write(5.0)
        self.start()
        self.write("99")
        status, review = self.call("POST", "/v1/config/reload")
        self.assertEqual(status, 422)
        self.assertEqual([(e["key"], e["line"]) for e in review["errors"]],
                         [("decide.hold_tail", 4)])
        self.server.send_signal(signal.SIGHUP)
        entry = self.wait_for("config_invalid")
        self.assertEqual((entry["key"], entry["line"]), ("decide.hold_tail", 4))
        self.assertIn("99 is outside 0 to 9", entry["msg"])
        self.assertEqual(self.decide(), ("hold", 1))

    def test_shows_values_with_their_origin(self):
        self.write(5.0)
        self.start()
        _, shown = self.call("GET", "/v1/config")
        keys = {key["name"]: key for key in shown["keys"]}
        self.assertEqual(keys["decide.hold_tail"]["origin"], "file")
        self.assertEqual(keys["decide.hold_tail"]["source"], "weir.toml:4")
        self.assertEqual(keys["gate.queue_bytes"]["origin"], "default")
        self.assertTrue(keys["decide.hold_tail"]["reloadable"])


if __name__ == "__main__":
    unittest.main()
