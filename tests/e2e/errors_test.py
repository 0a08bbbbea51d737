"""What a person does wrong is answered with the right exit code and a message that helps."""
import gzip
import socket
import unittest

from weir_program import ProgramTest


class UsageTest(ProgramTest):
    def expect(self, words, code, text):
        done = self.weir(*words, code=code)
        self.assertIn(text, done.stderr)

    def test_words_that_are_no_command_or_option(self):
        self.expect(("fly",), 1, 'no command "fly"; weir help lists them')
        self.expect(("config",), 1, 'no command "config"; there are config check, config print')
        self.expect(("serve", "/var/lib/weir"), 1, 'takes options only, not "/var/lib/weir"')
        self.expect(("verify", "log", "--root", "00"), 1, "--check FILE and --root HASH go together")
        self.expect((), 1, "usage: weir COMMAND")
        self.expect(("run",), 1, "needs a file")
        self.expect(("run", "x.csv", "--thread", "2"), 1, "did you mean --threads?")
        self.expect(("run", "x.csv", "--threads", "many"), 1, "takes a number")
        self.expect(("run", "x.csv", "--threads"), 1, "needs a value")
        self.expect(("run", "x.csv", "--threads", "65"), 1, "--threads takes 1 to 64, not 65")
        self.expect(("bench", "handbook", "--test", "noon"), 1, 'not "noon"')
        self.expect(("bench", "http", "--ack", "soon"), 1, '--ack takes received, decided or committed, not "soon"')
        self.expect(("demo", "--rate", "-5"), 1, 'not "-5"')
        self.expect(("demo", "--seconds", "-1"), 1, '--seconds takes')
        self.expect(("run", "x.csv", "--isa", "mmx"), 2, "mmx")
        self.expect(("run", "x.csv", "--set", "gate.batch=1"), 2, "gate.batch")
        self.expect(("simulate", "weather"), 2, "use handbook, rings or ledger")
        self.expect(("simulate", "rings", "--out", "xml"), 2, "use csv, ndjson or frames")

    def test_help_names_every_command(self):
        words = self.weir("help").stdout
        for name in ("run", "import", "verify", "replay", "rules check", "rules try", "simulate",
                     "bench gate", "bench forest", "bench handbook", "bench http", "config check"):
            self.assertIn(f"  {name} ", words)
        self.assertIn("exit codes: 0 done, 1 wrong usage", words)
        self.assertIn("--resume", self.weir("import", "--help").stdout)
        self.assertIn("--resume", self.weir("help", "import").stdout)

    def test_files_that_are_missing_or_not_what_they_should_be(self):
        self.expect(("run", "none.csv"), 2, "none.csv")
        self.expect(("verify", "nowhere"), 2, "name a data directory of weir run")
        self.expect(("replay", "nowhere"), 2, "no_log")
        self.expect(("config", "check", "."), 2, "Is a directory")
        self.expect(("config", "check"), 2, "weir config init > weir.toml")
        (self.dir / "odd.csv").write_text("colour,taste\nred,sweet\n", encoding="utf-8")
        self.expect(("run", "odd.csv"), 2, "header_unknown")
        self.expect(("run", self.payments(), "--map", "odd.csv"), 2, "weir:")
        self.expect(("run", self.payments(), "--preset", "paysym"), 2, "preset_unknown")

    def test_values_of_file_options_are_named(self):
        tx = self.payments(rows=10)
        for option, value in (("decimal", "point"), ("label-delay", "soon"), ("step", "x"), ("start", "x"),
                              ("tz", "Mars"), ("batch", "0"), ("batch", "65537")):
            self.expect(("run", tx, f"--{option}", value), 1, f'--{option} takes')
            self.expect(("run", tx, f"--{option}", value), 1, f'not "{value}"')

    def test_damaged_files_are_named_and_are_not_an_unsound_log(self):
        tx = self.payments(rows=4000)
        (self.dir / "cut.csv.gz").write_bytes(gzip.compress(tx.read_bytes())[:-20_000])
        (self.dir / "odd.bin").write_bytes(bytes(range(128, 256)) * 9)
        (self.dir / "none.csv").write_bytes(b"")
        for name, reason in (("cut.csv.gz", "compressed_data"), ("odd.bin", "encoding"),
                             ("none.csv", "header_unknown")):
            self.expect(("run", name), 2, f"({reason}): {name}: ")

    def test_what_cannot_start_leaves_nothing_behind(self):
        tx = self.payments(rows=10)
        (self.dir / "bad.rules").write_text("rule a: hold if amuont > 5\n", encoding="utf-8")
        before = sorted(path.name for path in self.dir.iterdir())
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = f"127.0.0.1:{taken.getsockname()[1]}"
            for words, text in ((("run", "missing.csv", "--out", "v.csv"), "missing.csv"),
                                (("run", tx, "missing.csv", "--out", "v.csv"), "missing.csv"),
                                (("run", tx, "--rules", "bad.rules", "--out", "v.csv"), "amuont"),
                                (("run", tx, "--out", "nowhere/v.csv"), "nowhere/v.csv"),
                                (("import", tx, "--dir", "log", "--preset", "paysym"), "paysym"),
                                (("serve", "--dir", "log", "--rules", "bad.rules"), "amuont"),
                                (("serve", "--dir", "log", "--http", port), "take an address of this machine"),
                                (("serve", "--dir", "log", "--http", "127.0.0.1:99999"), "99999"),
                                (("serve", "--dir", "log", "--http", "127.0.0.1:"), "listen_address"),
                                (("demo", "--http", port), port)):
                self.expect(words, 2, text)
                self.assertEqual(before, sorted(path.name for path in self.dir.iterdir()), words)

    def test_a_directory_that_was_there_stays(self):
        (self.dir / "log").mkdir()
        self.expect(("run", self.payments(rows=10), "--dir", "log", "--out", "nowhere/v.csv"), 2, "nowhere")
        self.assertTrue((self.dir / "log").is_dir())

    def test_ports_that_others_reach_need_a_word(self):
        for words in (("--http", "0.0.0.0:0"), ("--http", "127.0.0.1:0", "--native", "0.0.0.0:0")):
            self.expect(("serve", "--dir", "log", *words), 6, "refused_to_start")

    def test_too_many_bad_lines_stop_a_run(self):
        tx = self.payments(rows=400, bad_rows=range(200, 300))
        self.expect(("run", tx, "--max-errors", "20", "--dir", "log"), 2, "too_many_rejects")
        self.assertIn("200 events", self.weir("verify", "log").stdout)

    def test_rules_that_do_not_compile_stop_a_run(self):
        (self.dir / "bad.rules").write_text("rule a: hold if amuont > 5\n", encoding="utf-8")
        self.expect(("run", self.payments(rows=10), "--rules", "bad.rules"), 2, "amuont")

    def test_a_log_keeps_the_configuration_it_was_begun_with(self):
        tx = self.payments(rows=10)
        self.weir("import", tx, "--dir", "log")
        self.expect(("import", tx, "--dir", "log", "--set", "detect.trees=50"), 2,
                    "detect.trees 100 -> 50")


if __name__ == "__main__":
    unittest.main()
