"""Contract D16 and W28: a save belongs to one locale, and every reader gets each article once, in the best locale it has."""
import json
import subprocess
import unittest

from case import BINARY, ServerCase

HOOK = "/api/v1/sync/payload"


class Locales(ServerCase):
    def save(self, article_id, locale, markdown, updated_at="2025-01-01T00:00:00.000Z"):
        job = self.wait_for(self.send("update", article_id, "Lamps", markdown, updated_at, target=f"{HOOK}?locale={locale}" if locale else HOOK))
        return job["outcome"]

    def locales(self, query, **more):
        return sorted((hit["document_id"], hit["metadata"]["locale"]) for hit in self.search(query, **more))

    def ask_header(self, query, accept):
        status, answer = self.post("/api/v1/search", {"query": query, "mode": "bm25"}, headers={"Accept-Language": accept})
        self.assertEqual(status, 200, answer)
        return sorted((hit["document_id"], hit["metadata"]["locale"]) for hit in answer["hits"])

    def test_translations_stand_beside_the_original(self):
        self.assertEqual(self.save("w28", None, "quernstone english"), "applied")
        self.assertEqual(self.save("w28", "es", "quernstone castellano"), "applied")
        status, answer = self.post(HOOK, {"operation": "update", "locale": "fr", "doc": {
            "id": "w28", "title": "T", "markdown": "quernstone francais", "status": "published", "updatedAt": "2025-01-01T00:00:00.000Z"}})
        self.assertEqual(status, 200, answer)
        self.wait_for(answer)
        for locale, word in (("en", "english"), ("es", "castellano"), ("fr", "francais")):
            self.assertIn(word, self.get(f"/api/v1/documents/w28?locale={locale}")[1]["chunks"][0]["text"])
            self.assertEqual(self.locales("quernstone", locale=locale), [("w28", locale)])
        self.assertEqual(self.locales("quernstone"), [("w28", "en")])
        self.assertEqual([found for found in self.locales("quernstone", mode="hybrid") if found[0] == "w28"], [("w28", "en")])

    def test_each_locale_has_its_own_order_and_removals_take_all(self):
        self.save("order", None, "gudgeon", "2025-01-05T00:00:00.000Z")
        self.assertEqual(self.save("order", "es", "gudgeon", "2025-01-02T00:00:00.000Z"), "applied")
        self.assertEqual(self.save("order", "es", "gudgeon old", "2025-01-01T00:00:00.000Z"), "outdated")
        self.assertEqual(self.save("order", "ES", "gudgeon again", "2025-01-03T00:00:00.000Z"), "applied")
        self.assertEqual(self.locales("again", locale="es"), [("order", "es")])
        self.wait_for(self.send("update", "order", "T", "", "2025-01-06T00:00:00.000Z", status="draft", target=f"{HOOK}?locale=es"))
        for locale in ("en", "es"):
            self.assertEqual(self.locales("gudgeon", locale=locale), [])

    def test_readers_fall_back_by_language_then_default_then_any(self):
        self.save("fall1", None, "sextant one")
        self.save("fall1", "fr", "sextant un")
        self.save("fall2", None, "sextant two")
        self.save("fall3", "de", "sextant drei")
        expected = [("fall1", "fr"), ("fall2", "en"), ("fall3", "de")]
        self.assertEqual(self.locales("sextant", locale="fr-CA"), expected)
        self.assertEqual(self.ask_header("sextant", "nl, fr-CH;q=0.9, en;q=0.8"), expected)
        self.assertEqual(self.ask_header("sextant", "nl"), [("fall1", "en"), ("fall2", "en"), ("fall3", "de")])
        self.assertEqual(self.locales("sextant", locale="fr", filter={"locale": "en"}), [("fall1", "en"), ("fall2", "en")])

    def test_words_are_stemmed_as_their_text_is(self):
        self.save("stem1", None, "The wick was trimming itself.")
        self.save("stem2", "es", "Los faroles apagados.")
        self.assertEqual(self.locales("trimmed", locale="es"), [("stem1", "en")])
        self.assertEqual(self.locales("farol apagado", locale="en"), [("stem2", "es")])

    def test_an_answer_cites_the_readers_locale(self):
        self.save("cite", None, "The bosun whistle calls the crew at noon.")
        self.save("cite", "es", "El silbato bosun llama a la gente al mediodia.")
        for locale in ("en", "es"):
            status, answer = self.post("/api/v1/chat", {"query": "bosun", "locale": locale})
            self.assertEqual(status, 200, answer)
            self.assertEqual({source["metadata"]["locale"] for source in answer["sources"] if source["metadata"]["payload_id"] == "cite"}, {locale})

    def test_what_is_no_locale_is_refused(self):
        for target in (f"{HOOK}?locale=nonsense!", f"{HOOK}?locale=e"):
            self.assertEqual(self.post(target, {"operation": "update", "doc": {
                "id": "bad", "title": "T", "markdown": "x", "status": "published", "updatedAt": "2025-01-01T00:00:00.000Z"}})[0], 422)
        self.assertEqual(self.post(HOOK, {"operation": "update", "locale": 5, "doc": {
            "id": "bad", "title": "T", "markdown": "x", "status": "published", "updatedAt": "2025-01-01T00:00:00.000Z"}})[0], 422)
        self.assertEqual(self.post("/api/v1/search", {"query": "x", "locale": "../../etc"})[0], 422)

    def test_the_command_line_asks_for_a_locale(self):
        self.save("cli", None, "bilge english")
        self.save("cli", "es", "bilge castellano")
        for locale in ("en", "es"):
            ran = subprocess.run([BINARY, "search", "bilge", "--mode", "bm25", "--json", "--locale", locale, "--url", self.server.url],
                                 capture_output=True, text=True, timeout=60)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertEqual([hit["metadata"]["locale"] for hit in json.loads(ran.stdout)["hits"]], [locale])


class DefaultLocale(ServerCase):
    flags = ("--embedder", "hashing", "--default-locale", "es")

    def test_what_names_no_locale_has_the_default(self):
        self.publish("d1", "T", "mainsheet castellano")
        self.assertEqual(self.post("/api/v1/sync/import", '{"id":"d2","title":"T","text":"mainsheet importado"}\n')[0], 200)
        self.server.wait_idle()
        self.wait_for(self.send("update", "d1", "T", "mainsheet english", "2025-01-01T00:00:00.000Z", target=f"{HOOK}?locale=en"))
        self.assertEqual(sorted((hit["document_id"], hit["metadata"]["locale"]) for hit in self.search("mainsheet")), [("d1", "es"), ("d2", "es")])
        self.assertEqual(self.get("/api/v1/documents/d1")[1]["locale"], "es")
        status, answer = self.post("/api/v1/chat", {"query": "zzz qqq"})
        self.assertTrue(answer["answer"].startswith("No he encontrado"), answer)


if __name__ == "__main__":
    unittest.main()
