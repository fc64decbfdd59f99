"""The base of the functional tests: one server for each class, started before its first test.

WELLSPRING_TEST_STORE=mongo gives each server a fake mongod of its own to keep its data in; otherwise it is kept in its data directory.
"""
import json
import os
import unittest

from mongo import FakeMongod
from server import Server, temporary_folder, webhook, wait_until

BINARY = os.environ.get("WELLSPRING_BINARY", "build/release/wellspring")
ON_MONGO = os.environ.get("WELLSPRING_TEST_STORE") == "mongo"


class ServerCase(unittest.TestCase):
    flags = ("--embedder", "hashing")
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(temporary_folder())
        store = ()
        if ON_MONGO:
            cls.mongod = cls.enterClassContext(FakeMongod())
            store = ("--mongo-uri", cls.mongod.uri())
        cls.server = Server(BINARY, cls.folder, *cls.flags, *store, environment=cls.environment)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        assert code == 0, f"exit code {code} after SIGTERM:\n" + "\n".join(cls.server.lines[-20:])

    def get(self, target, **options):
        return self.server.json("GET", target, **options)

    def post(self, target, body, **options):
        return self.server.json("POST", target, body, **options)

    def send(self, *arguments, target="/api/v1/sync/payload", **options):
        """Posts a webhook that must be accepted; returns the answer."""
        status, answer = self.post(target, webhook(*arguments, **options))
        self.assertEqual(status, 200, answer)
        return answer

    def job(self, job_id):
        return self.get(f"/api/v1/sync/jobs/{job_id}")[1]

    def wait_for(self, answer, limit=20):
        """Until the answer's job is done or dead; returns the job."""
        wait_until(lambda: self.job(answer["job_id"])["state"] in ("done", "dead"), limit, lambda: str(self.job(answer["job_id"])))
        return self.job(answer["job_id"])

    def publish(self, article_id, title, markdown, updated_at="2025-01-01T00:00:00.000Z", **options):
        job = self.wait_for(self.send("update", article_id, title, markdown, updated_at, **options))
        self.assertEqual(job["state"], "done", job)
        return job

    def search(self, query, **more):
        status, answer = self.post("/api/v1/search", {"query": query, "k": 10, "mode": "bm25", **more})
        self.assertEqual(status, 200, answer)
        return answer["hits"]

    def found(self, query, **more):
        return {hit["document_id"] for hit in self.search(query, **more)}

    def stream(self, body, **options):
        """The events of /api/v1/chat/stream."""
        status, headers, text = self.server.request("POST", "/api/v1/chat/stream", body, **options)
        self.assertEqual(status, 200, text)
        return headers, events_of(text)


def events_of(text):
    return [json.loads(block.removeprefix("data: ")) for block in text.decode().split("\n\n") if block.startswith("data: ")]


