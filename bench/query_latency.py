"""Hybrid search over HTTP with one client, against the embedding of the same queries alone; growth with the corpus."""
import json
import re
import socket
import statistics
import time

from common import BINARY, BUILD, percentile, row, run_json, summary_ms
from corpora import CACHE, data_dir, queries
from server import Server

ROUNDS = 5


def exchange(peer, request):
    """One request on a kept connection, read by its Content-Length: the client's own cost stays small beside the server's."""
    peer.sendall(request)
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += peer.recv(1 << 16)
    length = int(re.search(rb"(?i)content-length: (\d+)", answer[:end]).group(1))
    while len(answer) < end + 4 + length:
        answer += peer.recv(1 << 16)
    return answer


def search_seconds(server, texts):
    seconds = []
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for text in texts:
            body = json.dumps({"query": text, "k": 10, "mode": "hybrid"}).encode()
            request = b"POST /api/v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            start = time.monotonic()
            answer = exchange(peer, request)
            seconds.append(time.monotonic() - start)
            assert answer.startswith(b"HTTP/1.1 200 ") and b'"hits":[{' in answer, answer[:300]
    return seconds


def run():
    texts = queries()
    CACHE.mkdir(parents=True, exist_ok=True)
    listing = CACHE / "queries.txt"
    listing.write_text("\n".join(texts))
    rounds = []
    with Server(BINARY, data_dir(10_000) / "data") as server:
        search_seconds(server, texts[:50])
        for _ in range(ROUNDS):  # beside each other in time, as the machine's speed drifts
            alone = run_json([BUILD / "embed_bench", "--queries", listing, "--json"])
            rounds.append({"hybrid": summary_ms(search_seconds(server, texts)), "embedding": alone})
    def ratio(percentile_ms):
        return statistics.median(one["hybrid"][percentile_ms] / one["embedding"][percentile_ms] for one in rounds)
    p50, p99 = ratio("p50_ms"), ratio("p99_ms")
    rows = [row(f"hybrid over HTTP, 10,000 chunks: p50 / embedding alone, median of {ROUNDS} rounds", round(p50, 2), "<= 1.5", p50 <= 1.5, rounds=rounds),
            row("the same at p99", round(p99, 2), "<= 3", p99 <= 3)]
    growth = {}
    for chunks in (10_000, 100_000):
        with Server(BINARY, data_dir(chunks, "--embedder", "hashing") / "data", "--embedder", "hashing") as server:
            search_seconds(server, texts[:50])
            growth[chunks] = search_seconds(server, texts)
    more = percentile(growth[100_000], 0.5) - percentile(growth[10_000], 0.5)
    rows.append(row("100,000 chunks over 10,000, without a model: p50 grows by ms", round(more * 1e3, 2), "reported", True,
                    at_10000=summary_ms(growth[10_000]), at_100000=summary_ms(growth[100_000])))
    return rows
