"""`wellspring migrate` between data directories and a MongoDB server."""
import json
import os
import pathlib
import subprocess
import unittest

from case import BINARY
from mongo import FakeMongod
from server import temporary_folder

HASHING = ("--embedder", "hashing")
NOTES = {"lamps": "The harbour lamps are lit at dusk.", "tides": "The tide turns twice a day.", "ropes": "Ropes are coiled by hand."}


class Migrate(unittest.TestCase):
    def setUp(self):
        folder = temporary_folder()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.here, self.there = self.folder / "here", self.folder / "there"

    def run_it(self, *arguments):
        return subprocess.run([BINARY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)

    def import_notes(self, data, *names):
        rows = self.folder / "notes.jsonl"
        rows.write_text("".join(json.dumps({"id": name, "title": name, "text": NOTES[name]}) + "\n" for name in names))
        done = self.run_it("import", rows, "--data-dir", data, *HASHING)
        self.assertEqual(done.returncode, 0, done.stderr)

    def migrate(self, source, target):
        return self.run_it("migrate", "--from", source, "--to", target)

    def test_there_and_back(self):
        self.import_notes(self.here, "lamps", "tides")
        with FakeMongod("--no-topology-version") as mongod:
            out = self.migrate(self.here, mongod.uri())
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertRegex(out.stdout, r"articles +2 copied +0 there already +equal: 2")
            again = self.migrate(self.here, mongod.uri())
            self.assertEqual(again.returncode, 0, again.stderr)
            self.assertRegex(again.stdout, r"articles +0 copied +2 there already +equal: 2")
            back = self.migrate(mongod.uri(), self.there)
            self.assertEqual(back.returncode, 0, back.stderr)
        found = self.run_it("search", "lamps at dusk", "--json", "--data-dir", self.there, *HASHING)
        self.assertEqual(json.loads(found.stdout)["hits"][0]["document_id"], "lamps")

    def test_what_differs_is_said_and_exit_1(self):
        self.import_notes(self.here, "lamps")
        self.assertEqual(self.migrate(self.here, self.there).returncode, 0)
        self.import_notes(self.there, "ropes")
        done = self.migrate(self.here, self.there)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"articles .* DIFFERENT: 1 \(.*\) against 2 ")
        self.assertRegex(done.stderr, r"differ in: articles")

    def test_a_place_with_jobs_of_its_own_is_left_alone(self):
        self.import_notes(self.here, "lamps")
        self.import_notes(self.there, "ropes")
        done = self.migrate(self.here, self.there)
        self.assertEqual(done.returncode, 1)
        self.assertIn("an empty place", done.stderr)

    def test_places_that_make_no_sense(self):
        self.import_notes(self.here, "lamps")
        for source, target, text in [(self.folder / "nowhere", self.here, "holds no wellspring.db"),
                                     (self.here, self.here, "the same place"),
                                     (self.here, "mongodb://user:secret@127.0.0.1:1/x", "127.0.0.1:1")]:
            refused = self.migrate(source, target)
            self.assertEqual(refused.returncode, 1, refused.stdout)
            self.assertIn(text, refused.stderr)
            self.assertNotIn("secret", refused.stdout + refused.stderr)
            self.assertFalse(os.path.exists(self.folder / "nowhere"))


if __name__ == "__main__":
    unittest.main()
