"""Contract section 2 and the reference's own webhook tests of section 9: what a Payload CMS sends, in all its forms."""
import json
import time
import unittest

from contract import CHAT, PAYLOAD, ContractCase, webhook

TIME = "2025-11-16T17:27:37.123Z"
AUTHOR = {"id": "6601f0a1b2c3d4e5f6a7b8c9", "email": "keeper@example.org", "roles": ["publisher"], "authorizedLanguages": ["en"], "loginAttempts": 0,
          "createdAt": TIME, "updatedAt": TIME}
CATEGORY = {"id": "6601f0a1b2c3d4e5f6a7b8d0", "name": "Lamps", "order": 1, "audienceLevel": "beginner", "parent": None}


def content(*children):
    return {"root": {"type": "root", "format": "", "indent": 0, "version": 1, "direction": "ltr", "children": list(children)}}


def text(words, form=0):
    return {"type": "text", "text": words, "format": form, "mode": "normal", "style": "", "detail": 0, "version": 1}


def node(kind, *children, **more):
    return {"type": kind, "format": "", "indent": 0, "version": 1, "direction": "ltr", "children": list(children), **more}


class Cms(ContractCase):
    def test_2_1_the_answer_to_a_hook_is_json_and_quick(self):
        begin = time.monotonic()
        for n in range(50):
            status, headers, body = self.raw("POST", PAYLOAD, json.dumps(webhook("update", f"quick{n}", "T", "text", TIME)), {"Content-Type": "application/json"})
            self.assertEqual((status, headers["Content-Type"]), (200, "application/json"))
            self.assertEqual(json.loads(body)["document_id"], f"quick{n}")
        # A save in the CMS waits for this; the bound is for slow machines.
        self.assertLess((time.monotonic() - begin) / 50, 0.5)

    def test_2_1_every_save_is_sent_drafts_too(self):
        for status in ("draft", "published", "draft"):
            self.accepted(webhook("update", "saves", "T", "text", TIME, status=status))
        self.assertEqual(self.get("/api/v1/documents/saves")[0], 404)

    def test_2_2_both_forms_of_relations_are_accepted_for_every_operation(self):
        for n, (author, category) in enumerate((("a1", ["c1", "c2"]), (AUTHOR, [CATEGORY, {"id": "c2"}]))):
            for operation in ("create", "update"):
                self.accepted(webhook(operation, f"rel{n}", "T", "text", TIME, author=author, category=category))
            metadata = self.document(f"rel{n}")["chunks"][0]["metadata"]
            self.assertEqual(metadata["author"], "a1" if n == 0 else AUTHOR["id"])
            self.assertEqual(metadata["categories"], ["c1", "c2"] if n == 0 else [CATEGORY["id"], "c2"])
            answer, _ = self.accepted(webhook("delete", f"rel{n}", "T", "text", TIME, author=author, category=category))
            self.assertEqual((answer["status"], answer["operation"]), ("not_published_or_deleted", "delete"))
            self.assertEqual(self.get(f"/api/v1/documents/rel{n}")[0], 404)

    def test_2_2_null_content_never_keeps_an_article_public(self):
        for n, (operation, status) in enumerate((("update", "draft"), ("delete", "published"), ("delete", "draft"))):
            self.publish(f"null{n}", "T", "The sextant hangs here.")
            body = {"operation": operation, "doc": {"id": f"null{n}", "title": None, "content": None, "markdown": "", "status": status, "createdAt": None,
                                                    "updatedAt": None, "author": {"odd": True}, "category": "odd"}}
            self.accepted(body)
            self.assertEqual(self.found("sextant"), set())

    def test_2_2_lone_surrogates_are_tolerated(self):
        body = json.dumps(webhook("update", "lone", "T", "The halyard MARK frays.", TIME)).replace("MARK", "\\ud83d \\ude00\\ud83d")
        status, _, answer = self.raw("POST", PAYLOAD, body, {"Content-Type": "application/json"})
        self.assertEqual(status, 200, answer)
        self.wait_for(json.loads(answer))
        self.assertEqual(self.found("halyard"), {"lone"})

    def test_2_2_every_node_of_the_editor_becomes_text(self):
        link = node("link", text("the manual"), fields={"linkType": "custom", "url": "https://example.org/manual", "newTab": False})
        tree = content(node("heading", text("Astrolabe"), tag="h1"), node("heading", text("Care"), tag="h2"),
                       node("paragraph", text("Clean it "), text("gently", 1), text(", see "), link, text("."), text(" run()", 16)),
                       node("list", node("listitem", text("brush"), value=1), node("listitem", text("cloth"), value=2), tag="ul", listType="bullet"),
                       node("quote", text("Brass remembers.")), node("heading", text("Parts"), tag="h3"), node("heading", text("Ring"), tag="h4"),
                       node("paragraph", text("The ring turns.")), {"type": "upload", "version": 1, "relationTo": "media", "value": {"id": "m", "alt": "A ring"}},
                       {"type": "relationship", "version": 1, "relationTo": "articles", "value": "x"})
        body = webhook("create", "nodes", "Instruments", updated_at=TIME, content=tree)
        del body["doc"]["markdown"]
        self.accepted(body)
        chunks = self.document("nodes")["chunks"]
        whole = "\n".join(chunk["text"] for chunk in chunks)
        for words in ("gently", "the manual", "run()", "brush", "cloth", "Brass remembers.", "The ring turns."):
            self.assertIn(words, whole)
        last = next(chunk["metadata"] for chunk in chunks if "ring turns" in chunk["text"])
        self.assertEqual((last["section_title"], last["subsection_title"], last["subsubsection_title"]), ("Care", "Parts", "Ring"))

    def test_9_published_and_deleted_with_populated_relations(self):
        answer, _ = self.accepted(webhook("create", "66aa", "T", "text", TIME, author="66ab", category=["66ac"]))
        self.assertEqual(answer["status"], "processing_triggered")
        answer, _ = self.accepted(webhook("delete", "66aa", "T", "text", TIME, author=AUTHOR, category=[CATEGORY]))
        self.assertEqual((answer["status"], answer["operation"]), ("not_published_or_deleted", "delete"))

    def test_9_no_answer_rests_on_what_is_not_published(self):
        self.publish("facts", "Lantern", "The lantern room has sixteen panes.")
        self.accepted(webhook("create", "decoy", "Lantern", "The lantern room has ninety panes.", TIME, status="draft"))
        answer = self.post(CHAT, {"query": "How many panes has the lantern room?"})[1]
        self.assertIn("sixteen", answer["answer"])
        self.assertNotIn("ninety", json.dumps(answer))
        self.assertEqual({source["metadata"]["status"] for source in answer["sources"]}, {"published"})


if __name__ == "__main__":
    unittest.main()
