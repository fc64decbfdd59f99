"""Decision D10, contract 1.6 and weaknesses W8, H5, H13: answers from the cache, and answers within a spend limit."""
import json
import pathlib
import re
import unittest

from case import ServerCase
from scripted_model import ScriptedModel
from server import wait_until

LAMPS = "## Lighting\n\nThe harbour lamps are lit at dusk by the keeper. Each lamp burns whale oil until dawn."
QUESTION = {"query": "When are the harbour lamps lit?"}


class Case(ServerCase):
    def metric(self, name):
        text = self.server.request("GET", "/metrics")[2].decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(found.group(1)) if found else None

    def ask(self, query, **more):
        """The events' text, whether it came from the cache, and all events."""
        events = self.stream({"query": query, **more})[1]
        self.assertEqual(events[-1]["status"], "complete", events)
        return "".join(e["chunk"] for e in events if e["status"] == "streaming"), events[-1]["fromCache"], events

    def cache(self):
        return self.get("/health")[1]["services"]["cache"]


class Cached(Case):
    flags = ("--embedder", "hashing", "--passages", "1")

    def test_the_second_answer_is_the_first(self):
        self.publish("lamps", "Harbour lamps", LAMPS)
        text, cached, events = self.ask("When are the harbour lamps lit?")
        self.assertFalse(cached)
        hits = self.metric('rag_cache_hits_total{cache_type="query"}')
        again, cached, repeated = self.ask("  when ARE the harbour\tlamps lit?")
        self.assertTrue(cached)
        self.assertEqual(again, text)
        self.assertEqual([e["status"] for e in repeated], ["thinking", "sources", "streaming", "complete"])
        self.assertEqual(repeated[1], events[1])
        self.assertEqual(self.metric('rag_cache_hits_total{cache_type="query"}'), hits + 1)
        self.assertGreaterEqual(self.metric('rag_query_duration_seconds_count{cache_hit="true",query_type="stream"}'), 1)
        whole = self.post("/api/v1/chat", QUESTION)[1]
        self.assertEqual((whole["answer"], whole["sources"]), (text, events[1]["sources"]))
        self.assertGreater(self.cache()["cache_size"], 0)
        self.assertEqual(self.cache()["cache_max_size"], 1000)

    def test_unpublished_text_is_in_no_answer_once_the_job_is_done(self):
        self.publish("key", "Cellar", "The cellar key hangs behind the barometer.")
        for _ in range(2):
            self.assertIn("barometer", self.ask("Where does the cellar key hang?")[0])
        size = self.cache()["cache_size"]
        self.wait_for(self.send("update", "key", updated_at="2025-01-02T00:00:00.000Z", status="draft"))
        self.assertEqual(self.cache()["cache_size"], size - 1)
        self.assertNotIn("barometer", str(self.ask("Where does the cellar key hang?")[2]))

    def test_a_new_revision_and_a_better_article_end_an_answer_and_others_do_not(self):
        self.publish("bell", "Fog bell", "The fog bell is rung by the pilot every minute.")
        self.assertIn("pilot", self.ask("Who rings the fog bell every minute?")[0])
        self.publish("soup", "Soup", "Onion soup needs patience.")
        self.assertTrue(self.ask("Who rings the fog bell every minute?")[1], "an article about something else was published")
        self.publish("bell", "Fog bell", "The fog bell is rung by the harbourmaster every minute.", "2025-01-02T00:00:00.000Z")
        text, cached, _ = self.ask("Who rings the fog bell every minute?")
        self.assertFalse(cached)
        self.assertIn("harbourmaster", text)
        self.publish("bell2", "Who rings the fog bell every minute?", "Who rings the fog bell every minute? The apprentice rings the fog bell every minute.")
        text, cached, _ = self.ask("Who rings the fog bell every minute?")
        self.assertFalse(cached)
        self.assertIn("apprentice", text)
        self.wait_for(self.send("delete", "bell2", updated_at="2025-01-03T00:00:00.000Z"))
        self.assertIn("harbourmaster", self.ask("Who rings the fog bell every minute?")[0])

    def test_refusals_are_not_kept(self):
        for _ in range(2):
            self.assertFalse(self.ask("Which planet has zirconium volcanoes?")[1])


class SwitchedOff(Case):
    flags = ("--embedder", "hashing", "--cache-entries", "0")

    def test_every_answer_is_made(self):
        self.publish("lamps", "Harbour lamps", LAMPS)
        for _ in range(2):
            self.assertFalse(self.ask("When are the harbour lamps lit?")[1])
        self.assertEqual(self.cache()["cache_max_size"], 0)


class WithinALimit(Case):
    """A dollar for a thousand tokens written; an answer may have 1,024 and has 900."""

    @classmethod
    def setUpClass(cls):
        cls.broken = False
        cls.model = ScriptedModel(lambda body, write: 400 if cls.broken else write("Lamps burn oil [1]. " * 180))
        cls.flags = ("--embedder", "hashing", "--llm-base-url", cls.model.url, "--llm-model", "scripted", "--spend-output-price", "1000")
        cls.environment = {"DAILY_SPEND_LIMIT_USD": "100", "HOURLY_SPEND_LIMIT_USD": "2"}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.model.stop()

    def stored(self):
        return json.loads((pathlib.Path(self.folder) / "spend.json").read_text())

    def usage(self):
        return self.get("/api/v1/admin/usage")[1]["hourly"]

    def test_cache_then_quotes_before_any_refusal_also_after_a_restart(self):
        self.publish("lamps", "Harbour lamps", LAMPS)
        type(self).broken = True
        for _ in range(3):
            self.assertEqual(self.stream(QUESTION)[1][-1]["status"], "error")
        self.assertEqual(self.usage()["cost_usd"], 0, "failures are refunded")
        type(self).broken = False

        first = self.ask("When are the harbour lamps lit?")
        self.assertEqual(first[2][0]["status"], "thinking")
        self.assertEqual(self.usage()["cost_usd"], 0.9)
        self.ask("Which oil do the harbour lamps burn?")
        self.assertEqual(self.usage()["cost_usd"], 1.8)
        self.assertEqual(self.get("/api/v1/admin/usage/status")[1], {"status": "warning", "warning_level": "warning"})

        calls = len(self.model.calls)
        text, cached, events = self.ask("When are the harbour lamps lit?")
        self.assertEqual((text, cached), (first[0], True))
        self.assertEqual(events[0], {"status": "usage_status", "usage_status": {"status": "warning", "warning_level": "warning"}, "isComplete": False})
        for _ in range(2):
            text, cached, events = self.ask("Until when does each lamp burn?")
            self.assertIn("dawn", text)
            self.assertFalse(cached, "what was quoted for lack of money is not kept")
            self.assertTrue(events[-1].pop("question_id"))
            self.assertEqual(events[-1], {"status": "complete", "chunk": "", "isComplete": True, "fromCache": False, "degraded": "spend_limit"})
        whole = self.post("/api/v1/chat", {"query": "Until when does each lamp burn?"})[1]
        self.assertEqual(whole["degraded"], "spend_limit")
        self.assertEqual(len(self.model.calls), calls)
        self.assertEqual(self.metric('llm_spend_limit_rejections_total{limit_type="hourly"}'), 3)
        self.assertEqual(self.metric("llm_hourly_cost_usd"), 1.8)
        self.assertEqual(self.metric("llm_daily_limit_usd"), 100)

        # What the last call cost replaces its reservation on disk a moment after its answer.
        wait_until(lambda: self.stored()["reserved_nano_usd"] == 0, 20, lambda: str(self.stored()))
        self.server.kill()
        self.server.start()
        self.assertEqual(self.usage()["cost_usd"], 1.8)
        self.assertEqual(self.ask("Until when does each lamp burn?")[2][-1]["degraded"], "spend_limit")


class WithoutPrices(unittest.TestCase):
    def test_a_limit_needs_prices(self):
        from case import BINARY
        from server import Server, ServerError, temporary_folder
        with temporary_folder() as folder:
            server = Server(BINARY, folder, "--embedder", "hashing", "--llm-base-url", "http://127.0.0.1:9/v1", environment={"DAILY_SPEND_LIMIT_USD": "5"})
            with self.assertRaises(ServerError):
                server.start()
            self.assertEqual(server.process.wait(10), 1)
            self.assertIn("spend.input_price", "\n".join(server.lines))
