"""Contract section 3: a client that reads answers exactly as the two frontends do."""
import codecs
import json
import unittest

from contract import CHAT, QUESTIONS, STREAM, ContractCase, ServerCase

PAGE = {"Origin": "http://localhost:3000"}
QUESTION = "When are the harbour lamps lit?"


class Frontend:
    """Bytes in pieces of any size in; what a reader of the page would see out."""

    def __init__(self):
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.tail, self.answer, self.sources, self.error, self.thinking, self.ended = "", "", None, None, False, False

    def read(self, data, last=False):
        *lines, self.tail = (self.tail + self.decoder.decode(data, last)).split("\n")
        for line in lines + ([self.tail] if last else []):
            if line.startswith("data: "):
                try:
                    self.take(json.loads(line[6:].strip()))
                except json.JSONDecodeError:
                    continue  # the frontends skip what they cannot read

    def take(self, event):
        assert not self.ended, event
        match event["status"]:
            case "thinking": self.thinking = True
            case "sources": self.sources = event["sources"]
            case "streaming": self.answer += event["chunk"]
            case "complete": self.ended = True
            case "error": self.answer, self.error, self.ended = event["error"], event["error"], True


class Pages(ContractCase):
    def seen(self, body, size, headers=PAGE):
        connection = self.server.connect()
        try:
            connection.request("POST", STREAM, json.dumps(body), {"Content-Type": "application/json", **headers})
            response, page = connection.getresponse(), Frontend()
            self.assertEqual(response.status, 200)
            while piece := response.read(size):
                page.read(piece)
            page.read(b"", last=True)
            return page
        finally:
            connection.close()

    def test_3_the_page_sees_the_answer_however_the_bytes_arrive(self):
        self.publish("bell", "Bell", "The bell of the Größe \U0001f514 rings thrice in fog.")
        query = "How often does the bell ring in fog?"
        expected = self.post(CHAT, {"query": query})[1]
        self.assertIn("\U0001f514", expected["answer"])
        for size in (1, 7, 4096):
            page = self.seen({"query": query, "chat_history": []}, size)
            self.assertEqual((page.answer, page.sources), (expected["answer"], expected["sources"]))
            self.assertTrue(page.thinking and page.ended)
            self.assertIsNone(page.error)

    def test_3_every_source_has_a_name_to_show(self):
        for source in self.seen({"query": QUESTION, "chat_history": []}, 512).sources:
            self.assertEqual(source["metadata"].get("title") or source["metadata"].get("source"), "Harbour lamps")

    def test_3_earlier_failures_in_the_history_do_no_harm(self):
        history = [{"role": "human", "content": QUESTION}, {"role": "ai", "content": "Sorry, something went wrong. Please try again."},
                   {"role": "human", "content": "Hello?"}, {"role": "human", "content": QUESTION}]
        self.assertTrue(self.seen({"query": QUESTION, "chat_history": history}, 512).ended)

    def test_3_the_later_page_asks_for_a_challenge_and_then_asks(self):
        bare = "5f" * 16
        status, headers, body = self.raw("GET", "/api/v1/auth/challenge", headers={**PAGE, "X-Fingerprint": bare})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (200, PAGE["Origin"]))
        challenge = json.loads(body)["challenge"]
        page = self.seen({"query": QUESTION, "chat_history": [], "turnstile_token": None}, 512, {**PAGE, "X-Fingerprint": f"fp:{challenge}:{bare}"})
        self.assertIn("dusk", page.answer)

    def test_3_errors_can_be_read_across_origins(self):
        status, headers, body = self.raw("POST", STREAM, "{}", {**PAGE, "Content-Type": "application/json"})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (422, PAGE["Origin"]))
        self.assertIn("Retry-After", headers["Access-Control-Expose-Headers"])

    def test_3_the_questions_page_reads_what_it_asks_for(self):
        status, page = self.get(QUESTIONS + "?page=1&page_size=50&analyzed=false&endpoint_type=stream", headers={"Authorization": "Bearer whatever", **PAGE})
        self.assertEqual(status, 200)
        self.assertIsInstance(page["questions"], list)


class Guarded(ServerCase):
    environment = {"ADMIN_TOKEN": "sesame"}

    def test_3_the_questions_page_reads_the_reason_of_a_refusal(self):
        status, answer = self.get(QUESTIONS, headers=PAGE)
        self.assertEqual(status, 401)
        self.assertTrue(answer["detail"])


if __name__ == "__main__":
    unittest.main()
