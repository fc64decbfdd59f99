"""The command line as a person or a script uses it: results, messages, exit codes."""
import json
import os
import pathlib
import subprocess
import unittest

from case import BINARY
from server import Server, temporary_folder

HASHING = ("--embedder", "hashing")


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.data = self.folder / "data"

    def run_it(self, *arguments, environment=None, limit=120):
        return subprocess.run([BINARY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=limit,
                              env={**os.environ, **(environment or {})})

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def import_notes(self, *flags):
        self.write("notes/lamps.md", "---\ntitle: Harbour lamps\ntags: [light]\n---\n## Lighting\n\nThe harbour lamps are lit at dusk by the keeper.\n")
        self.write("notes/deep/tides.md", "# Harbour tides\n\nThe tide turns twice a day.\n")
        return self.run_it("import", self.folder / "notes", "--data-dir", self.data, *HASHING, *flags)

    def test_import_search_and_ask_without_a_server(self):
        done = self.import_notes()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("imported 2 articles, 0 failed", done.stdout)
        found = self.run_it("search", "lamps dusk", "--json", "--data-dir", self.data, *HASHING)
        hit = json.loads(found.stdout)["hits"][0]
        self.assertEqual((hit["document_id"], hit["title"], hit["metadata"]["tags"]), ("lamps.md", "Harbour lamps", "light"))
        shown = self.run_it("search", "lamps dusk", "--data-dir", self.data, *HASHING)
        self.assertIn("Harbour lamps", shown.stdout)
        asked = self.run_it("ask", "When are the harbour lamps lit?", "--data-dir", self.data, *HASHING)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.assertIn("dusk", asked.stdout)
        self.assertIn("[1] Harbour lamps", asked.stdout)
        answer = json.loads(self.run_it("ask", "When are the harbour lamps lit?", "--json", "--data-dir", self.data, *HASHING).stdout)
        self.assertTrue(answer["sources"])

    def test_import_again_changes_nothing_and_prune_removes_what_vanished(self):
        self.import_notes()
        again = self.import_notes()
        self.assertEqual(again.returncode, 0, again.stderr)
        (self.folder / "notes/deep/tides.md").unlink()
        pruned = self.run_it("import", self.folder / "notes", "--prune", "--data-dir", self.data, *HASHING)
        self.assertIn("removed 1 that vanished", pruned.stdout)
        found = json.loads(self.run_it("search", "tide", "--mode", "bm25", "--json", "--data-dir", self.data, *HASHING).stdout)
        self.assertEqual(found["hits"], [])

    def test_a_command_finds_the_server_that_holds_the_directory(self):
        with Server(BINARY, self.data, *HASHING) as server:
            self.assertEqual(self.import_notes().returncode, 0)
            self.assertTrue(server.json("POST", "/api/v1/search", {"query": "harbour"})[1]["hits"])
            by_url = self.run_it("search", "harbour", "--json", "--url", server.url)
            self.assertTrue(json.loads(by_url.stdout)["hits"])
            checked = self.run_it("doctor", "--data-dir", self.data, *HASHING)
            self.assertEqual(checked.returncode, 0, checked.stdout)
            self.assertIn(server.url, checked.stdout)

    def test_failed_rows_are_named_and_exit_1(self):
        rows = self.write("rows.jsonl", '{"id":"good","title":"T","text":"fine"}\n{"id":"bad","title":5,"text":"x"}\n')
        done = self.run_it("import", rows, "--data-dir", self.data, *HASHING)
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad: ", done.stderr)
        self.assertIn("imported 1 articles, 1 failed", done.stdout)

    def test_wrong_usage_is_exit_2_with_a_hint(self):
        for arguments in ((), ("fly",), ("search",), ("search", "x", "--mode", "magic"), ("serve", "--passages", "99"), ("serve", "--config", "/nonexistent.toml"),
                          ("completion", "powershell")):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
            self.assertTrue(done.stderr.strip(), arguments)

    def test_unreachable_servers_and_missing_paths_are_said_plainly(self):
        done = self.run_it("search", "x", "--url", "http://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("http://127.0.0.1:1", done.stderr)
        done = self.run_it("import", self.folder / "nothing", "--data-dir", self.data, *HASHING)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no such file", done.stderr)

    def test_help_teaches_and_completion_is_valid_shell(self):
        shown = self.run_it("--help")
        self.assertEqual(shown.returncode, 0)
        for word in ("serve", "import", "search", "ask", "eval", "doctor", "Exit codes"):
            self.assertIn(word, shown.stdout)
        for command in ("serve", "import", "search", "ask", "eval", "doctor"):
            self.assertEqual(self.run_it(command, "--help").returncode, 0)
        script = self.run_it("completion", "bash").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)

    def test_doctor_says_what_is_wrong(self):
        done = self.run_it("doctor", "--data-dir", self.data, *HASHING)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = self.run_it("doctor", "--data-dir", self.data, "--model-dir", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED   model", done.stdout)

    def test_eval_measures_a_small_set(self):
        self.write("set/corpus.jsonl", '{"id":"a","title":"Lamps","text":"The harbour lamps are lit at dusk."}\n{"id":"b","title":"Tides","text":"The tide turns twice."}\n')
        self.write("set/queries.jsonl", '{"id":"1","text":"when are lamps lit"}\n{"id":"2","text":"tide"}\n')
        self.write("set/qrels.tsv", "1\ta\t1\n2\tb\t1\n")
        for mode in ("bm25", "dense", "hybrid"):
            done = self.run_it("eval", self.folder / "set", "--mode", mode, "--json", *HASHING)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual(result["ndcg10"], 1.0, mode)
            self.assertEqual({"ndcg10", "mrr10", "recall5", "recall20", "recall100", "qps"} - set(result), set())
        self.assertEqual(self.run_it("eval", self.folder / "nothing", *HASHING).returncode, 1)


if __name__ == "__main__":
    unittest.main()
