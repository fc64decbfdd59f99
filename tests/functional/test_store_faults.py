"""A disk that is full, read-only or damaged, and a clock that jumps: what was accepted stays, what cannot be is refused, and all is well afterwards."""
import datetime
import glob
import os
import shutil
import subprocess
import tempfile
import unittest

from case import BINARY
from server import Server, ServerError, temporary_folder, wait_until, webhook

HASHING = ("--embedder", "hashing")


def article(number, words=300):
    text = " ".join(f"word{number}x{n}" for n in range(words))
    return webhook("create", f"a{number}", f"Article {number}", f"pomegranate{number} {text}", "2025-01-01T00:00:00Z")


class SmallDisk:
    """A file system of its own that can be filled and made read-only."""

    def __init__(self, megabytes):
        self.path = tempfile.mkdtemp(prefix="wellspring-disk-")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.path], capture_output=True, text=True)
        if mounted.returncode != 0:
            os.rmdir(self.path)
            raise unittest.SkipTest(f"no file system can be mounted here: {mounted.stderr.strip()}")

    def fill(self):
        with open(self.ballast, "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"x" * 4096)
            except OSError:
                pass

    @property
    def ballast(self):
        return os.path.join(self.path, "ballast")

    def free(self):
        os.remove(self.ballast)

    def remount(self, how):
        return subprocess.run(["mount", "-o", f"remount,{how}", self.path], capture_output=True, text=True)

    def close(self):
        subprocess.run(["umount", self.path], check=True)
        os.rmdir(self.path)


class Disk(unittest.TestCase):
    def start(self, folder, **options):
        server = Server(BINARY, folder, *HASHING, "--job-backoff-max", "500ms", **options).start()
        self.addCleanup(lambda: server.process.poll() is None and server.kill())
        return server

    def on_a_small_disk(self):
        """The disk, the data directory on it, and a server there that has published article 0."""
        disk = SmallDisk(24)
        self.addCleanup(disk.close)
        folder = os.path.join(disk.path, "data")
        server = self.start(folder)
        server.json("POST", "/api/v1/sync/payload", article(0))
        server.wait_idle()
        return disk, folder, server

    def found(self, server, number):
        hits = server.json("POST", "/api/v1/search", {"query": f"pomegranate{number}", "mode": "bm25"})[1]["hits"]
        return [hit["document_id"] for hit in hits] == [f"a{number}"]

    def send_until_refused(self, server, first, most=5_000):
        """The numbers that were accepted, and the refusal."""
        accepted = []
        for number in range(first, first + most):
            status, _, body = server.request("POST", "/api/v1/sync/payload", article(number))
            if status != 200:
                return accepted, status, body
            accepted.append(number)
        self.fail(f"{most} webhooks were accepted on a full disk")

    def test_full_and_free_again(self):
        disk, _, server = self.on_a_small_disk()
        disk.fill()
        accepted, status, body = self.send_until_refused(server, 1)
        self.assertGreaterEqual(status, 500, body)
        self.assertTrue(self.found(server, 0), "what is published is answered from all the same")
        self.assertEqual(server.request("GET", "/health/live")[0], 200)
        server.wait_for_line("free disk space", 10)
        disk.free()
        last = 1_000_000
        wait_until(lambda: server.json("POST", "/api/v1/sync/payload", article(last))[0] == 200, 20, lambda: "still refused")
        server.wait_idle()
        lost = [number for number in [*accepted, last] if not self.found(server, number)]
        self.assertEqual(lost, [])
        self.assertEqual(server.json("GET", "/api/v1/sync/jobs?limit=0")[1]["counts"].get("dead", 0), 0)
        self.assertEqual(server.stop(), 0)

    def test_full_when_killed(self):
        disk, folder, server = self.on_a_small_disk()
        disk.fill()
        accepted, _, _ = self.send_until_refused(server, 1)
        server.kill()
        disk.free()
        server = self.start(folder)
        server.wait_idle()
        self.assertEqual([number for number in [0, *accepted] if not self.found(server, number)], [])
        self.assertEqual(server.stop(), 0)

    def test_read_only_and_writable_again(self):
        disk, folder, server = self.on_a_small_disk()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(disk.remount("ro").returncode, 0)
        with self.assertRaises(ServerError) as refused:
            Server(BINARY, folder, *HASHING).start()
        self.assertIn("exit code 1", str(refused.exception))
        self.assertIn(folder, str(refused.exception))
        self.assertEqual(disk.remount("rw").returncode, 0)
        server = self.start(folder)
        self.assertTrue(self.found(server, 0))
        self.assertEqual(server.json("POST", "/api/v1/sync/payload", article(1))[0], 200)
        server.wait_idle()
        self.assertTrue(self.found(server, 1))
        self.assertEqual(server.stop(), 0)

    def test_a_damaged_end_of_the_journal_costs_nothing_before_it(self):
        with temporary_folder() as folder:
            server = self.start(folder)
            for number in range(20):
                self.assertEqual(server.json("POST", "/api/v1/sync/payload", article(number))[0], 200)
            server.wait_idle()
            torn = server.json("POST", "/api/v1/sync/payload", article(20))[1]
            self.assertIn("job_id", torn)
            server.kill()
            log = os.path.join(folder, "wellspring.db-wal")
            size = os.path.getsize(log)
            self.assertGreater(size, 4096)
            with open(log, "r+b") as wal:
                wal.seek(size - 4096)
                wal.write(b"\xa5" * 4096)
            server = self.start(folder)
            server.wait_idle()
            self.assertEqual([number for number in range(20) if not self.found(server, number)], [])
            self.assertEqual(server.json("POST", "/api/v1/sync/payload", article(20))[0], 200, "the sender's next save heals it")
            server.wait_idle()
            self.assertTrue(self.found(server, 20))
            self.assertEqual(server.stop(), 0)

    def test_a_damaged_database_is_said_plainly_and_a_backup_heals_it(self):
        with temporary_folder() as folder, temporary_folder() as backup:
            server = self.start(folder)
            for number in range(20):
                server.json("POST", "/api/v1/sync/payload", article(number))
            server.wait_idle()
            self.assertEqual(server.stop(), 0)
            database = os.path.join(folder, "wellspring.db")
            shutil.copy(database, backup)
            with open(database, "r+b") as file:
                file.seek(100)
                file.write(b"\xa5" * (os.path.getsize(database) - 100))
            with self.assertRaises(ServerError) as refused:
                Server(BINARY, folder, *HASHING).start()
            self.assertIn("exit code 1", str(refused.exception))
            self.assertIn("restore wellspring.db from a backup", str(refused.exception))
            shutil.copy(os.path.join(backup, "wellspring.db"), database)
            server = self.start(folder)
            self.assertEqual([number for number in range(20) if not self.found(server, number)], [])
            self.assertEqual(server.stop(), 0)


class Clock(unittest.TestCase):
    """The wall clock goes forth and back by an hour; waits are on a clock that does not."""

    def test_jumps_of_an_hour(self):
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            self.skipTest("libfaketime is not installed")
        with temporary_folder() as folder:
            offset = os.path.join(folder, "offset")

            def jump(text):
                with open(offset + ".new", "w") as file:
                    file.write(text)
                os.replace(offset + ".new", offset)

            jump("+0")
            environment = {"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                           "FAKETIME_NO_CACHE": "1"}
            with Server(BINARY, os.path.join(folder, "data"), *HASHING, environment=environment) as server:
                for number, text in enumerate(("+0", "+3600", "+0", "-3600", "+0")):
                    jump(text)
                    told = datetime.datetime.fromisoformat(server.json("GET", "/health/live")[1]["timestamp"].rstrip("Z"))
                    shown = datetime.datetime.utcnow() + datetime.timedelta(seconds=int(text))
                    self.assertLess(abs((told - shown).total_seconds()), 60, "the clock did jump")
                    self.assertEqual(server.json("POST", "/api/v1/sync/payload", article(number))[0], 200)
                    server.wait_idle(10)
                    hits = server.json("POST", "/api/v1/search", {"query": f"pomegranate{number}", "mode": "bm25"})[1]["hits"]
                    self.assertEqual([hit["document_id"] for hit in hits], [f"a{number}"], f"after {text}")
                jobs = server.json("GET", "/api/v1/sync/jobs?limit=100")[1]
                self.assertEqual(jobs["counts"], {**jobs["counts"], "done": 5})
                self.assertEqual(server.request("GET", "/health/ready")[0], 200)


if __name__ == "__main__":
    unittest.main()
