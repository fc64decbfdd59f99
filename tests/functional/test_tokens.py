"""Access tokens and their scopes: made on the command line, taken by a server that runs already."""
import hashlib
import os
import pathlib
import stat
import subprocess
import unittest

from case import BINARY, ServerCase
from server import Server, temporary_folder

SOURCE = {"name": "Manual", "type": "web", "uri": "https://example.org/manual"}


def token_command(folder, *arguments):
    return subprocess.run([BINARY, "token", *arguments, "--data-dir", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def create(folder, name, scope):
    done = token_command(folder, "create", "--name", name, "--scope", scope)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class TokenCase(ServerCase):
    def call(self, method, target, token=None, body=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.server.request(method, target, body, headers)

    def reach(self, token):
        """Statuses of a read, a write and an admin route."""
        write = self.call("POST", "/api/v1/sync/import", token, '{"id":"n1","title":"N","text":"Lamps."}\n')[0]
        return self.call("GET", "/api/v1/sync/jobs", token)[0], write, self.call("GET", "/api/v1/admin/pools", token)[0]


class StoredTokens(TokenCase):
    def test_from_none_to_some_to_none(self):
        folder = pathlib.Path(self.folder)
        self.assertEqual(self.call("GET", "/api/v1/sources/")[0], 200)
        reader, writer, boss = create(folder, "grafana", "read"), create(folder, "cms", "write"), create(folder, "ops", "admin")
        # The server runs all the while. 404 from admin/pools: there are no pools on SQLite.
        self.assertEqual(self.reach(reader), (200, 403, 403))
        self.assertEqual(self.reach(writer), (200, 200, 403))
        self.assertEqual(self.reach(boss), (200, 200, 404))
        self.assertEqual(self.reach(None), (401, 401, 401))
        self.assertEqual(self.call("GET", "/api/v1/sources/", reader)[0], 200)
        for method, target, body in (("POST", "/api/v1/sources/", SOURCE), ("PUT", "/api/v1/sources/" + "0" * 24, {"name": "x"}),
                                     ("DELETE", "/api/v1/sources/" + "0" * 24, None), ("POST", "/api/v1/sync/jobs/1/retry", None)):
            status, _, text = self.call(method, target, reader, body)
            self.assertEqual(status, 403, target)
            self.assertIn(b'"required_scope":"write"', text)
        for target in ("/api/v1/questions/", "/api/v1/questions/stats", "/api/v1/documents"):
            self.assertEqual((self.call("GET", target, reader)[0], self.call("GET", target)[0]), (200, 401), target)
        self.assertEqual(self.post("/api/v1/chat", {"query": "lamps"})[0], 200)

        listed = token_command(folder, "list").stdout
        self.assertEqual([line.split()[:2] for line in listed.splitlines()], [["grafana", "read"], ["cms", "write"], ["ops", "admin"]])
        kept = (folder / "tokens.json").read_text()
        self.assertNotIn(reader, kept)
        self.assertIn(hashlib.sha256(reader.encode()).hexdigest(), kept)
        self.assertEqual(stat.S_IMODE(os.stat(folder / "tokens.json").st_mode), 0o600)

        self.assertEqual(token_command(folder, "revoke", "cms").returncode, 0)
        self.assertEqual(self.reach(writer), (401, 401, 401))
        self.assertEqual(self.reach(reader), (200, 403, 403))
        for name in ("grafana", "ops"):
            self.assertEqual(token_command(folder, "revoke", name).returncode, 0)
        self.assertEqual(self.call("GET", "/api/v1/sources/")[0], 401)

    def test_wrong_usage_says_what_is_wrong(self):
        with temporary_folder() as folder:
            create(folder, "ci", "read")
            for arguments, code, said in ((("create", "--name", "ci", "--scope", "read"), 1, "revoke it first"),
                                          (("create", "--name", "a b", "--scope", "read"), 1, "letters"),
                                          (("create", "--name", "x", "--scope", "root"), 2, "root"),
                                          (("create", "--name", "x"), 2, "--scope"), (("revoke", "nobody"), 1, "nobody"), ((), 2, "subcommand")):
                done = token_command(folder, *arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(said, done.stderr)
            (pathlib.Path(folder) / "tokens.json").write_text("{")
            done = token_command(folder, "create", "--name", "x", "--scope", "read")
            self.assertEqual(done.returncode, 1)
            self.assertIn("tokens.json", done.stderr)


class HashedAdminToken(TokenCase):
    environment = {"ADMIN_TOKEN": "sha256:" + hashlib.sha256(b"sesame").hexdigest()}

    def test_the_token_itself_opens_everything(self):
        self.assertEqual(self.reach("sesame"), (200, 200, 404))
        self.assertEqual(self.reach(self.environment["ADMIN_TOKEN"]), (401, 401, 401))

    def test_stored_tokens_stand_beside_it(self):
        reader = create(self.folder, "grafana", "read")
        self.assertEqual(self.reach(reader), (200, 403, 403))
        self.assertEqual(self.reach("sesame"), (200, 200, 404))


class WrongTokens(TokenCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_guessing_is_limited(self):
        answers = [self.call("GET", "/api/v1/sync/jobs", f"guess{n}") for n in range(12)]
        self.assertEqual([status for status, _, _ in answers], [401] * 10 + [429] * 2)
        self.assertLessEqual(int(answers[-1][1]["Retry-After"]), 60)
        self.assertEqual(self.call("GET", "/api/v1/sync/jobs", "sesame")[0], 429)
        self.assertEqual(self.call("GET", "/health/live")[0], 200)


class Commands(unittest.TestCase):
    def test_commands_on_a_directory_with_tokens_need_none(self):
        with temporary_folder() as folder:
            create(folder, "ci", "read")
            notes = pathlib.Path(folder) / "notes"
            notes.mkdir()
            (notes / "lamps.md").write_text("# Harbour lamps\n\nThe lamps are lit at dusk.\n")
            done = subprocess.run([BINARY, "import", str(notes), "--data-dir", folder, "--embedder", "hashing"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_commands_take_a_token_for_a_running_server(self):
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing") as server:
            writer = create(folder, "cms", "write")
            rows = pathlib.Path(folder) / "rows.jsonl"
            rows.write_text('{"id":"n1","title":"Notes","text":"Lamps are lit at dusk."}\n')
            for token, code in (("wrong", 1), (writer, 0)):
                done = subprocess.run([BINARY, "import", str(rows), "--url", server.url, "--token", token], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, timeout=120)
                self.assertEqual(done.returncode, code, done.stderr)


if __name__ == "__main__":
    unittest.main()
