#!/usr/bin/env python3
"""Top-10 queries a second of Tantivy on the corpus and queries of `index_bench lexical`, one thread, as one JSON line.

Usage: bench/compare_tantivy.py SCIFACT_DIR. The first run makes a virtual environment under .cache/ and installs the
pinned package into it.
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import venv

PACKAGE = "tantivy==0.27.0"
ROOT = pathlib.Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".cache" / "bench" / PACKAGE.replace("==", "-")
PASSES = 11


def enter_environment():
    """Starts this script anew in the environment that has the package."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready"
    if not ready.exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True, stdout=sys.stderr)
        ready.touch()
    os.execv(python, [python, *sys.argv])


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def build(tantivy, documents):
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw")
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    index = tantivy.Index(schema.build())
    writer = index.writer(heap_size=100_000_000, num_threads=1)
    for document in documents:
        writer.add_document(tantivy.Document(id=document["id"], text=document["title"] + "\n\n" + document["text"]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index


def words_only(text):
    """The query parser would take punctuation for syntax."""
    return " ".join("".join(c.lower() if c.isalnum() else " " for c in text).split())


def main():
    if pathlib.Path(sys.prefix) != ENVIRONMENT:
        enter_environment()
    import tantivy
    directory = pathlib.Path(sys.argv[1])
    queries = read(directory / "queries.jsonl") + read(directory / "queries.train.jsonl")
    texts = [words_only(query["text"]) for query in queries]
    index = build(tantivy, read(directory / "corpus.jsonl"))
    searcher = index.searcher()
    times = []
    for _ in range(PASSES):
        start = time.perf_counter()
        for text in texts:
            searcher.search(index.parse_query(text, ["text"]), 10, count=False)
        times.append(time.perf_counter() - start)
    qps = len(texts) / sorted(times)[PASSES // 2]
    print(json.dumps({"benchmark": "tantivy_top10", "package": PACKAGE, "documents": searcher.num_docs,
                      "queries": len(texts), "qps": round(qps)}))


if __name__ == "__main__":
    main()
