"""Contract 1.5 and 1.6, decisions D5, D6, D10: answers with sources, streamed, always ended."""
import json
import time
import unittest

from case import ServerCase
from scripted_model import ScriptedModel, write_until_closed
from server import wait_until

LAMPS = "## Lighting\n\nThe harbour lamps are lit at dusk by the keeper. Each lamp burns whale oil until dawn."
TIDES = "## Tides\n\nThe tide turns twice a day. Boats leave the harbour at high water."


class Extractive(ServerCase):
    flags = ("--embedder", "hashing")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls("test_answer_cites_its_sources")
        case.publish("lamps", "Harbour lamps", LAMPS)
        case.publish("tides", "Harbour tides", TIDES)

    def test_answer_cites_its_sources(self):
        status, answer = self.post("/api/v1/chat", {"query": "When are the harbour lamps lit?"})
        self.assertEqual(status, 200)
        self.assertIn("dusk", answer["answer"])
        self.assertIn("[1]", answer["answer"])
        self.assertEqual(answer["sources"][0]["metadata"]["payload_id"], "lamps")
        self.assertEqual(answer["sources"][0]["metadata"]["title"], "Harbour lamps")
        self.assertTrue(answer["sources"][0]["page_content"].startswith("Title: Harbour lamps\nSection: Lighting\n\n"))

    def test_stream_has_the_contracts_events_in_order(self):
        headers, events = self.stream({"query": "When are the lamps of the harbour lit?"})
        self.assertEqual(headers["Content-Type"], "text/event-stream; charset=utf-8")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        self.assertEqual(events[0], {"status": "thinking", "chunk": "", "isComplete": False})
        self.assertEqual(events[1]["status"], "sources")
        self.assertFalse(events[1]["isComplete"])
        self.assertTrue(all(e["status"] == "streaming" and e["isComplete"] is False for e in events[2:-1]))
        self.assertRegex(events[-1].pop("question_id"), r"^[0-9a-f]{24}$", "our member beside the contract's")
        self.assertEqual(events[-1], {"status": "complete", "chunk": "", "isComplete": True, "fromCache": False})
        self.assertIn("dusk", "".join(e["chunk"] for e in events[2:-1]))

    def test_no_evidence_is_said_and_lists_no_source(self):
        headers, events = self.stream({"query": "Which planet has zirconium volcanoes?"})
        self.assertEqual([e["status"] for e in events], ["thinking", "sources", "streaming", "complete"])
        self.assertEqual(events[1]["sources"], [])
        self.assertGreater(len(events[2]["chunk"]), 20)
        status, answer = self.post("/api/v1/chat", {"query": "Which planet has zirconium volcanoes?"})
        self.assertEqual((status, answer["sources"]), (200, []))

    def test_unpublished_text_leaves_the_very_next_answer(self):
        self.publish("secret", "Secret cellar", "The cellar key hangs behind the barometer.")
        self.assertIn("barometer", self.post("/api/v1/chat", {"query": "Where does the cellar key hang?"})[1]["answer"])
        self.wait_for(self.send("update", "secret", updated_at="2025-01-02T00:00:00.000Z", status="draft"))
        answer = self.post("/api/v1/chat", {"query": "Where does the cellar key hang?"})[1]
        self.assertNotIn("barometer", json.dumps(answer))

    def test_history_is_paired_and_odd_shapes_are_fine(self):
        history = [{"role": "human", "content": "When are the harbour lamps lit?"}, {"role": "ai", "content": "At dusk."}, {"role": "ai", "content": "x"},
                   {"role": "human", "content": "y"}]
        status, answer = self.post("/api/v1/chat", {"query": "And what do they burn?", "chat_history": history, "turnstile_token": None, "extra": 1})
        self.assertEqual(status, 200)
        self.assertEqual(answer["sources"][0]["metadata"]["payload_id"], "lamps")

    def test_malformed_questions_are_422_in_the_contracts_shape(self):
        for body, kind, loc in (({}, "missing", ["body", "query"]), ({"query": 5}, "string_type", ["body", "query"]),
                                ({"query": "x", "chat_history": 5}, "list_type", ["body", "chat_history"]),
                                ({"query": "x", "chat_history": [{"role": "robot", "content": "y"}]}, None, ["body", "chat_history", 0, "role"]),
                                ({"query": "x", "chat_history": [{"role": "human"}]}, "missing", ["body", "chat_history", 0, "content"])):
            status, answer = self.post("/api/v1/chat", body)
            self.assertEqual(status, 422, answer)
            problem = answer["detail"][0]
            self.assertEqual(problem["loc"], loc)
            if kind:
                self.assertEqual(problem["type"], kind)
            self.assertIsInstance(problem["msg"], str)
        status, _, text = self.server.request("POST", "/api/v1/chat", b"{not json", {"Content-Type": "application/json"})
        self.assertEqual((status, json.loads(text)["detail"][0]["type"]), (422, "json_invalid"))

    def test_long_questions_are_cut_not_refused(self):
        status, answer = self.post("/api/v1/chat", {"query": "When are the harbour lamps lit? " + "\u00e9" * 5000})
        self.assertEqual(status, 200)
        self.assertEqual(self.post("/api/v1/chat", {"query": ""})[0], 200)


class WithModel(ServerCase):
    """A scripted language model behind the server."""

    script = None

    @classmethod
    def setUpClass(cls):
        cls.model = ScriptedModel(lambda body, write: cls.script(body, write))
        cls.flags = ("--embedder", "hashing", "--llm-base-url", cls.model.url, "--llm-model", "scripted", "--llm-first-token-timeout", "500ms",
                     "--llm-idle-timeout", "500ms", "--cache-entries", "0")
        cls.environment = {"WELLSPRING_LLM_API_KEY": "k3y-that-stays-secret"}
        super().setUpClass()
        cls("test_tokens_arrive_as_they_are_made").publish("lamps", "Harbour lamps", LAMPS)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.model.stop()
        assert not any("k3y-that-stays-secret" in line for line in cls.server.lines)

    def run_script(self, script):
        type(self).script = staticmethod(script)
        self.model.calls.clear()
        return self.stream({"query": "When are the harbour lamps lit?"})[1]

    def test_tokens_arrive_as_they_are_made(self):
        events = self.run_script(lambda body, write: [write(t) for t in ("Lamps ", "are lit ", "at dusk [1].")] and None)
        self.assertEqual(events[-1]["status"], "complete")
        self.assertEqual("".join(e["chunk"] for e in events if e["status"] == "streaming"), "Lamps are lit at dusk [1].")
        call = self.model.calls[0]
        self.assertEqual(call["authorization"], "Bearer k3y-that-stays-secret")
        self.assertTrue(call["body"]["stream"])
        self.assertEqual(call["body"]["model"], "scripted")
        self.assertIn("lit at dusk by the keeper", json.dumps(call["body"]["messages"]))

    def test_markers_that_point_nowhere_are_dropped(self):
        events = self.run_script(lambda body, write: write("Lit at dusk [1] they say [7].") and None)
        text = "".join(e["chunk"] for e in events if e["status"] == "streaming")
        self.assertIn("[1]", text)
        self.assertNotIn("[7]", text)

    def test_a_busy_model_is_asked_again_before_the_first_token(self):
        def script(body, write):
            if len(self.model.calls) == 1:
                return 429
            write("At dusk [1].")
        events = self.run_script(script)
        self.assertEqual(events[-1]["status"], "complete")
        self.assertEqual(len(self.model.calls), 2)

    def assert_ends_with_error(self, events):
        self.assertEqual(events[-1]["status"], "error", events)
        self.assertTrue(events[-1]["isComplete"])
        self.assertNotIn("127.0.0.1", events[-1]["error"])

    def test_every_failure_ends_the_stream_with_an_error(self):
        def broken_off(body, write):
            write("The lamps ")
            raise ConnectionResetError
        def stalled(body, write):
            write("The lamps ")
            time.sleep(2)
        for script in (lambda body, write: 401, broken_off, stalled):
            self.assert_ends_with_error(self.run_script(script))

    def test_a_failure_without_stream_is_no_plain_success(self):
        type(self).script = staticmethod(lambda body, write: 401)
        status, answer = self.post("/api/v1/chat", {"query": "When are the harbour lamps lit?"})
        self.assertEqual((status, answer["error"]), (502, "upstream"), answer)
        self.assertNotIn("127.0.0.1", json.dumps(answer))

    def test_a_reader_who_leaves_cancels_the_call(self):
        self.model.closed.clear()
        type(self).script = staticmethod(lambda body, write: write_until_closed(write))
        connection = self.server.connect()
        connection.request("POST", "/api/v1/chat/stream", json.dumps({"query": "When are the harbour lamps lit?"}), {"Content-Type": "application/json"})
        response, seen = connection.getresponse(), b""
        while seen.count(b'"streaming"') < 2:
            piece = response.read1(65536)
            self.assertTrue(piece, seen)
            seen += piece
        response.close()
        connection.close()
        wait_until(self.model.closed.is_set, 10, lambda: "the model's connection is still open")

    def test_without_evidence_the_model_is_not_called(self):
        type(self).script = staticmethod(lambda body, write: write("invented") and None)
        self.model.calls.clear()
        events = self.stream({"query": "Which planet has zirconium volcanoes?"})[1]
        self.assertEqual(events[1]["sources"], [])
        self.assertEqual(self.model.calls, [])


if __name__ == "__main__":
    unittest.main()
