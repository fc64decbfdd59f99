"""Webhook to answerable for a 2,000-word article, with few and with many articles indexed."""
import random
import time

from common import BINARY, percentile, row, summary_ms
from corpora import data_dir
from server import Server, webhook

SAMPLES = 40
WORDS = ("the river carries cold water past old mills while engineers measure flow and publish careful notes about seasonal change in "
         "harbour trade copper mining orchard yields glass making bridge building and local weather").split()


def article(n, rng):
    paragraphs = [f"## Section {s}\n\n" + " ".join(rng.choice(WORDS) for _ in range(200)) + "." for s in range(10)]
    return f"marker{n}x opens this text.\n\n" + "\n\n".join(paragraphs)


def measure(server, label):
    rng = random.Random(label)
    seconds = []
    for n in range(SAMPLES):
        marker = f"{label}{n}"
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
        body = webhook("create", f"published-{marker}", "Published", article(marker, rng), stamp)
        start = time.monotonic()
        status, answer = server.json("POST", "/api/v1/sync/payload", body)
        assert status == 200, answer
        query = {"query": f"marker{marker}x", "mode": "bm25", "k": 1}
        while not server.json("POST", "/api/v1/search", query)[1]["hits"]:
            time.sleep(0.005)
        seconds.append(time.monotonic() - start)
    return seconds


def run():
    results = {}
    for articles in (100, 5_000):
        with Server(BINARY, data_dir(articles) / "data") as server:
            results[articles] = measure(server, f"a{articles}r{int(time.time())}n")
            server.wait_idle()
            for document in server.json("GET", "/api/v1/documents?source=payload&limit=100")[1]["documents"]:
                server.json("POST", "/api/v1/sync/payload", webhook("delete", document["id"], updated_at="2099-01-01T00:00:00Z"))
            server.wait_idle()
    few, many = (percentile(results[n], 0.95) for n in (100, 5_000))
    return [row("publish to answerable, 100 articles, p95 ms", round(few * 1e3), "<= 1000", few <= 1, **summary_ms(results[100])),
            row("publish to answerable, 5,000 articles, p95 ms", round(many * 1e3), "<= 1000", many <= 1, **summary_ms(results[5_000])),
            row("the two, as a ratio", round(many / few, 2), "<= 1.3", many / few <= 1.3)]
