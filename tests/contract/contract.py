"""What the contract tests share: the functional tests' server and case, one folder away."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "functional"))

from case import BINARY, ON_MONGO, ServerCase, events_of  # noqa: E402
from server import Server, temporary_folder, wait_until, webhook  # noqa: E402

__all__ = ["BINARY", "CHAT", "LAMPS", "ON_MONGO", "PAYLOAD", "QUESTIONS", "SOURCES", "STREAM", "ContractCase", "Server", "ServerCase", "compact", "events_of", "is_time",
           "temporary_folder", "wait_until", "webhook"]

CHAT = "/api/v1/chat"
STREAM = "/api/v1/chat/stream"
PAYLOAD = "/api/v1/sync/payload"
SOURCES = "/api/v1/sources/"
QUESTIONS = "/api/v1/questions/"
LAMPS = "## Lighting\n\nThe harbour lamps are lit at dusk by the keeper. Each lamp burns whale oil until dawn."


class ContractCase(ServerCase):
    """A server that knows one article, `lamps`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls("publish").publish("lamps", "Harbour lamps", LAMPS)

    def raw(self, method, target, body=None, headers=None):
        """(status, headers, body bytes) with the body sent as it is."""
        return self.server.request(method, target, body, headers)

    def webhook_answer(self, body):
        return self.post(PAYLOAD, body)

    def accepted(self, body):
        """The answer to a webhook that must be accepted, and its job when it has ended."""
        status, answer = self.webhook_answer(body)
        self.assertEqual(status, 200, answer)
        return answer, self.wait_for(answer)

    def document(self, article_id):
        status, document = self.get(f"/api/v1/documents/{article_id}")
        self.assertEqual(status, 200, document)
        return document

    def scrape(self):
        return self.raw("GET", "/metrics")[2].decode()


def is_time(text):
    """ISO 8601 in UTC, with or without `Z`, with or without a fraction."""
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z?", text) is not None


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
