"""Start, stop, restart: what is durable, what is told, in which order it ends."""
import json
import signal
import threading
import time
import unittest

from case import BINARY, events_of
from scripted_model import ScriptedModel, write_until_closed
from server import Server, ServerError, temporary_folder, webhook, wait_until

LAMPS = webhook("create", "lamps", "Harbour lamps", "The harbour lamps are lit at dusk by the keeper.", "2025-01-01T00:00:00Z")


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder()
        self.addCleanup(self.folder.cleanup)

    def server(self, *flags, **options):
        server = Server(BINARY, self.folder.name, "--embedder", "hashing", *flags, **options)
        self.addCleanup(lambda: server.process and server.process.poll() is None and server.kill())
        return server

    def test_what_was_published_is_there_after_a_restart(self):
        with self.server() as server:
            server.json("POST", "/api/v1/sync/payload", LAMPS)
            server.wait_idle()
            before = server.json("POST", "/api/v1/search", {"query": "harbour lamps"})[1]["hits"]
        with self.server() as server:
            after = server.json("POST", "/api/v1/search", {"query": "harbour lamps"})[1]["hits"]
        self.assertEqual(before, after)
        self.assertEqual(len(after), 1)

    def test_accepted_and_killed_at_once_is_not_lost(self):
        server = self.server().start()
        answers = [server.json("POST", "/api/v1/sync/payload", webhook("create", f"a{n}", "T", f"pomegranate {n}", "2025-01-01T00:00:00Z")) for n in range(20)]
        server.kill()
        self.assertTrue(all(status == 200 for status, _ in answers))
        with self.server() as server:
            server.wait_idle()
            hits = server.json("POST", "/api/v1/search", {"query": "pomegranate", "k": 50, "mode": "bm25"})[1]["hits"]
        self.assertEqual({hit["document_id"] for hit in hits}, {f"a{n}" for n in range(20)})

    def test_one_process_holds_a_data_directory(self):
        with self.server() as first:
            with self.assertRaises(ServerError) as refused:
                self.server().start()
            self.assertIn(first.url, str(refused.exception))

    def test_a_port_in_use_is_said_plainly(self):
        with self.server() as first, temporary_folder() as other:
            second = Server(BINARY, other, "--embedder", "hashing")
            second.command[second.command.index("127.0.0.1:0")] = f"127.0.0.1:{first.port}"
            with self.assertRaises(ServerError) as refused:
                second.start()
            self.assertIn(str(first.port), str(refused.exception))
            self.assertIn("exit code 1", str(refused.exception))

    def open_stream(self, server):
        connection = server.connect(30)
        connection.request("POST", "/api/v1/chat/stream", json.dumps({"query": "When are the harbour lamps lit?"}), {"Content-Type": "application/json"})
        return connection.getresponse()

    def serve_with(self, script, *flags):
        model = ScriptedModel(script)
        self.addCleanup(model.stop)
        server = self.server("--llm-base-url", model.url, "--llm-idle-timeout", "60s", *flags).start()
        server.json("POST", "/api/v1/sync/payload", LAMPS)
        server.wait_idle()
        return server

    def test_sigterm_lets_a_stream_finish_within_the_grace(self):
        go_on = threading.Event()

        def script(body, write):
            write("The lamps are lit ")
            go_on.wait(20)
            write("at dusk [1].")
        server = self.serve_with(script)
        response = self.open_stream(server)
        seen = b""
        while b"lamps are" not in seen.split(b"streaming", 1)[-1] or b"streaming" not in seen:
            piece = response.read1(65536)
            self.assertTrue(piece, seen)
            seen += piece
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_line("stopping", 10)
        with self.assertRaises(OSError):
            server.connect(5).connect()
        go_on.set()
        self.assertEqual(events_of(b"\n\n" + response.read())[-1]["status"], "complete")
        self.assertEqual(server.process.wait(20), 0)

    def test_sigterm_ends_a_stream_with_a_terminal_event_after_the_grace(self):
        server = self.serve_with(lambda body, write: write_until_closed(write), "--shutdown-grace", "1s")
        response = self.open_stream(server)
        response.read(10)
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        rest = response.read()
        self.assertEqual(events_of(rest[rest.rfind(b"data: "):])[-1]["status"], "error")
        self.assertEqual(server.process.wait(20), 0)
        self.assertLess(time.monotonic() - start, 10)

    def test_a_second_signal_ends_it_at_once(self):
        server = self.serve_with(lambda body, write: write_until_closed(write), "--shutdown-grace", "60s")
        response = self.open_stream(server)
        response.read(10)
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_line("stopping", 10)
        server.process.send_signal(signal.SIGTERM)
        self.assertNotEqual(server.process.wait(10), 0)

    def test_logs_can_be_json(self):
        with self.server("--log-format", "json", "--log-level", "debug") as server:
            server.request("GET", "/api/v1/nothing?token=hidden")
            server.json("POST", "/api/v1/search", {"query": "a private question"})
        for line in server.lines:
            entry = json.loads(line)
            self.assertTrue({"timestamp", "level", "logger", "message"} <= set(entry), line)
        self.assertFalse(any("private question" in line or "hidden" in line for line in server.lines))

    def test_a_dead_job_says_why_and_can_be_retried(self):
        with self.server("--job-attempts-max", "2") as server:
            text = "\n\n".join(f"## H{n}\n\nword{n}" for n in range(25_000))
            answer = server.json("POST", "/api/v1/sync/payload", webhook("create", "many", "T", text, "2025-01-01T00:00:00Z"), timeout=60)[1]
            job = lambda: server.json("GET", f"/api/v1/sync/jobs/{answer['job_id']}")[1]
            wait_until(lambda: job()["state"] == "dead", 60, lambda: str(job()))
            self.assertIn("20000", job()["last_error"].replace(",", ""))
            self.assertEqual(server.json("POST", f"/api/v1/sync/jobs/{answer['job_id']}/retry", {})[0], 200)
            wait_until(lambda: job()["state"] == "dead", 60, lambda: str(job()))
            # Nothing else is held back.
            server.json("POST", "/api/v1/sync/payload", LAMPS)
            server.wait_idle()
            self.assertTrue(server.json("POST", "/api/v1/search", {"query": "harbour lamps"})[1]["hits"])


if __name__ == "__main__":
    unittest.main()
