"""Hybrid search over HTTP with one client, against the embedding of the same queries alone; growth with the corpus."""
import json
import time

from common import BINARY, BUILD, percentile, row, run_json, summary_ms
from corpora import CACHE, data_dir, queries
from server import Server


def search_seconds(server, texts):
    connection = server.connect()
    seconds = []
    for text in texts:
        body = json.dumps({"query": text, "k": 10, "mode": "hybrid"})
        start = time.monotonic()
        connection.request("POST", "/api/v1/search", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        payload = response.read()
        seconds.append(time.monotonic() - start)
        assert response.status == 200 and json.loads(payload)["hits"], payload[:200]
    return seconds


def run():
    texts = queries()
    CACHE.mkdir(parents=True, exist_ok=True)
    listing = CACHE / "queries.txt"
    listing.write_text("\n".join(texts))
    with Server(BINARY, data_dir(10_000) / "data") as server:
        search_seconds(server, texts[:50])
        hybrid = search_seconds(server, texts)
    alone = run_json([BUILD / "embed_bench", "--queries", listing, "--json"])
    p50, p99 = percentile(hybrid, 0.5) * 1e3, percentile(hybrid, 0.99) * 1e3
    rows = [row("hybrid over HTTP, 10,000 chunks: p50 / embedding alone", round(p50 / alone["p50_ms"], 2), "<= 1.5", p50 <= 1.5 * alone["p50_ms"],
                hybrid=summary_ms(hybrid), embedding=alone),
            row("the same at p99", round(p99 / alone["p99_ms"], 2), "<= 3", p99 <= 3 * alone["p99_ms"])]
    growth = {}
    for chunks in (10_000, 100_000):
        with Server(BINARY, data_dir(chunks, "--embedder", "hashing") / "data", "--embedder", "hashing") as server:
            search_seconds(server, texts[:50])
            growth[chunks] = search_seconds(server, texts)
    more = percentile(growth[100_000], 0.5) - percentile(growth[10_000], 0.5)
    rows.append(row("100,000 chunks over 10,000, without a model: p50 grows by ms", round(more * 1e3, 2), "reported", True,
                    at_10000=summary_ms(growth[10_000]), at_100000=summary_ms(growth[100_000])))
    return rows
