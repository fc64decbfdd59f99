#!/usr/bin/env python3
"""scripts/embed_assets.py on bytes that need care and on files it must refuse."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/embed_assets.py"


class EmbedAssets(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def embed(self, *names):
        output = self.folder / "out.cpp"
        command = [sys.executable, SCRIPT, "--folder", self.folder, "--output", output, *names]
        done = subprocess.run(command, capture_output=True, text=True)
        return done, output.read_text() if output.exists() else ""

    def test_quotes_backslashes_and_bytes_outside_ascii_are_escaped(self):
        (self.folder / "a.js").write_bytes(b'"\\\x00\xc3\xa91??=\n')
        done, text = self.embed("a.js")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(r'"\"\\\000\303\2511\?\?=\n"sv', text)

    def test_an_empty_file_is_an_empty_literal(self):
        (self.folder / "a.css").touch()
        self.assertIn('""sv', self.embed("a.css")[1])

    def test_an_unknown_kind_of_file_is_refused_by_name(self):
        (self.folder / "a.exe").touch()
        done, text = self.embed("a.exe")
        self.assertEqual((done.returncode, text), (1, ""))
        self.assertIn("embed 'a.exe': no content type for '.exe'", done.stderr)

    def test_a_generated_file_is_known_by_its_name_alone(self):
        (self.folder / "a.js").touch()
        made = self.folder / "build" / "made.json"
        made.parent.mkdir()
        made.write_text("{}")
        text = self.embed("--generated", str(made), "a.js")[1]
        self.assertIn('{"made.json"sv, "application/json"sv,', text)

    def test_a_missing_file_is_refused_by_name(self):
        done, text = self.embed("absent.js")
        self.assertEqual((done.returncode, text), (1, ""))
        self.assertIn("absent.js", done.stderr)


if __name__ == "__main__":
    unittest.main()
