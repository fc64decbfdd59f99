"""Contract 4.1 and 4.3: passages of an article and what is filed with each. docs/chunking.md lists the vectors that differ on purpose."""
import unittest

from contract import ContractCase, is_time

# Title T; (text without the header, content_length)
SAME = {
    "one blank line": ("para one\n\npara two", [("", "para one\n\npara two")]),
    "nesting": ("# Top\ntext\n## Sub\nx\n### D\ny\n#### E\nz\n##### F\nw",
                [("Section: Top", "text"), ("Section: Sub", "x"), ("Section: Sub\nSubsection: D", "y"),
                 ("Section: Sub\nSubsection: D\nSub-subsection: E", "z\n##### F\nw")]),
    "a heading clears deeper ones": ("## A\n### B\nt\n## C\nu", [("Section: A\nSubsection: B", "t"), ("Section: C", "u")]),
    "H4 alone": ("#### E\nz", [("Sub-subsection: E", "z")]),
    "an empty heading": ("## \ntext", [("", "text")]),
    "no space after the mark": ("#NoSpace\ntext", [("", "#NoSpace\ntext")]),
    "CRLF": ("## A\r\none\r\ntwo", [("Section: A", "one\ntwo")]),
    "code points": ("## \u00e9\nna\u00efve \U0001f680", [("Section: \u00e9", "na\u00efve \U0001f680")]),
}


class Ingestion(ContractCase):
    def chunks_of(self, article_id, markdown, title="T", **members):
        self.publish(article_id, title, markdown, **members)
        return self.document(article_id)["chunks"]

    def test_4_1_vectors_that_are_the_same(self):
        for n, (name, (markdown, expected)) in enumerate(SAME.items()):
            with self.subTest(name):
                chunks = self.chunks_of(f"vector{n}", markdown)
                self.assertEqual([chunk["text"] for chunk in chunks], ["Title: T\n" + (head and head + "\n") + "\n" + body for head, body in expected])
                self.assertEqual([chunk["metadata"]["content_length"] for chunk in chunks], [len(body) for _, body in expected])

    def test_4_1_headings_alone_give_a_title_summary(self):
        chunk, = self.chunks_of("summary", "# A\n## B\n")
        self.assertIn("# A\n## B", chunk["text"])
        self.assertEqual((chunk["metadata"]["chunk_type"], chunk["metadata"]["is_title_chunk"]), ("title_summary", True))

    def test_4_1_blank_text_gives_nothing(self):
        self.assertEqual(self.chunks_of("blank", " \n\n\t\n"), [])

    def test_4_1_code_is_never_a_heading_and_every_passage_fits_the_model(self):
        chunks = self.chunks_of("code", "## Run\n\n```sh\n# comment\nmake run\n```\n\n" + "word " * 5000)
        self.assertTrue(all(chunk["metadata"]["section_title"] == "Run" for chunk in chunks))
        self.assertGreater(len(chunks), 5)

    def test_4_3_keys_and_types(self):
        chunks = self.chunks_of("keys", "intro\n\n## S\n\none\n\n### SS\n\ntwo", "Keys", author="u", category=["c"], publishedDate="2025-03-04T05:06:07.000Z")
        self.assertEqual([chunk["metadata"]["chunk_index"] for chunk in chunks], [0, 1, 2])
        for chunk in chunks:
            metadata = chunk["metadata"]
            for key, value in {"payload_id": "keys", "source": "payload", "content_type": "article", "doc_title": "Keys", "title": "Keys", "author": "u",
                               "categories": ["c"], "status": "published", "slug": None, "locale": "en", "doc_title_hierarchical": "Keys",
                               "is_title_chunk": False}.items():
                self.assertEqual(metadata[key], value, key)
            self.assertTrue(is_time(metadata["published_date"]))
            self.assertIsInstance(metadata["content_length"], int)
        self.assertEqual([chunk["metadata"]["chunk_type"] for chunk in chunks], ["text", "section", "section"])
        self.assertEqual([chunk["metadata"].get("section_title") for chunk in chunks], [None, "S", "S"])
        self.assertEqual([chunk["metadata"].get("subsection_title") for chunk in chunks], [None, None, "SS"])
        self.assertNotIn("section_title", chunks[0]["metadata"])


if __name__ == "__main__":
    unittest.main()
