#!/usr/bin/env python3
"""Kills the server at random instants while webhooks arrive, restarts it, and holds the end state against a model.

What was acknowledged must be there exactly once and whole; what was unpublished or deleted must be gone. A webhook
that got no answer is sent again after the restart, as a CMS with retries does. With --mongo the data is in a fake mongod.
"""
import argparse
import contextlib
import json
import random
import sys
import threading
import time

from mongo import AT_REST, FakeMongod
from server import Server, ServerError, temporary_folder, webhook

ARTICLES = 40


def stamp(tick):
    return f"2025-06-01T{tick // 3600000 % 24:02}:{tick // 60000 % 60:02}:{tick // 1000 % 60:02}.{tick % 1000:03}Z"


def markdown(article, tick, rng):
    sections = [f"## Part {n}\n\nArticle {article} at mark{tick}q says thing {n} with "
                + " ".join(rng.choice(("river", "stone", "lamp", "harbour", "cedar")) for _ in range(30)) + f" mark{tick}q."
                for n in range(rng.randint(1, 6))]
    return "\n\n".join(sections)


class Sender:
    """Sends events one after another; remembers what the server acknowledged."""

    def __init__(self, rng):
        self.rng = rng
        self.model = {}  # article -> tick of its live revision, or None
        self.generation = [0] * ARTICLES  # a CMS never gives a deleted article's id again
        self.acknowledged = []
        self.pending = None
        self.tick = 0

    def next_event(self):
        if self.pending is None:
            self.tick += 1
            number = self.rng.randrange(ARTICLES)
            article = f"article-{number}-{self.generation[number]}"
            kind = self.rng.choices(("publish", "unpublish", "delete"), (8, 1, 1))[0]
            text = markdown(article, self.tick, self.rng)
            body = {"publish": webhook("update", article, f"Title {article}", text, stamp(self.tick)),
                    "unpublish": webhook("update", article, "", "", stamp(self.tick), status="draft"),
                    "delete": webhook("delete", article, "", "", stamp(self.tick))}[kind]
            if kind == "delete":
                self.generation[number] += 1
            self.pending = (article, kind, self.tick, json.dumps(body))
        return self.pending

    def run(self, server, stop):
        connection = server.connect(10)
        try:
            while not stop.is_set():
                article, kind, tick, body = self.next_event()
                connection.request("POST", "/api/v1/sync/payload", body, {"Content-Type": "application/json"})
                response = connection.getresponse()
                answer = json.loads(response.read())
                if response.status != 200:
                    raise ServerError(f"webhook answered {response.status}: {answer}")
                self.acknowledged.append(answer["job_id"])
                self.model[article] = tick if kind == "publish" else None
                self.pending = None
        except (OSError, json.JSONDecodeError, ValueError) as error:
            if not stop.is_set():
                raise ServerError(f"sending failed while the server should live: {error}") from error
        except Exception as error:  # http.client's own errors when the server dies mid-answer
            if isinstance(error, ServerError) or not stop.is_set():
                raise
        finally:
            connection.close()


def one_round(server, sender, rng):
    stop = threading.Event()
    failure = []

    def work():
        try:
            sender.run(server, stop)
        except ServerError as error:
            failure.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(rng.uniform(0.02, 0.6))  # the random instant
    stop.set()
    server.kill()
    thread.join(30)
    if failure:
        raise failure[0]


def documents(server):
    found, offset = {}, 0
    while True:
        page = server.json("GET", f"/api/v1/documents?limit=100&offset={offset}")[1]["documents"]
        for document in page:
            found[document["id"]] = document
        if len(page) < 100:
            return found
        offset += len(page)


def check(server, sender):
    """Problems with the end state, as sentences."""
    problems = []
    live = {article: tick for article, tick in sender.model.items() if tick is not None}
    found = documents(server)
    for article in set(found) - set(live):
        problems.append(f"{article} is served though it was unpublished or deleted")
    for article, tick in live.items():
        if article not in found:
            problems.append(f"{article} is lost: revision {tick} was acknowledged")
            continue
        chunks = server.json("GET", f"/api/v1/documents/{article}")[1]["chunks"]
        torn = [c for c in chunks if f"mark{tick}q" not in c["text"]]
        if torn or not chunks:
            problems.append(f"{article} is torn: {len(torn)} of {len(chunks)} chunks are not of revision {tick}")
        hits = server.json("POST", "/api/v1/search", {"query": f"mark{tick}q", "mode": "bm25", "k": 50})[1]["hits"]
        indexed = {h["document_id"] for h in hits}
        if article not in indexed or len(hits) != len({(h["document_id"], h["chunk_index"]) for h in hits}):
            problems.append(f"{article} is not searchable once: {sorted(indexed)}")
    for article in set(sender.model) - set(live):
        hits = server.json("POST", "/api/v1/search", {"query": article.replace("-", " "), "k": 100, "filter": {"payload_id": article}})[1]["hits"]
        if hits:
            problems.append(f"{article} is still searchable after it was removed")
    counts = server.json("GET", "/api/v1/sync/jobs?limit=0")[1]["counts"]
    if counts.get("dead", 0):
        problems.append(f"{counts['dead']} jobs are dead")
    lost = [j for j in sender.acknowledged if server.request("GET", f"/api/v1/sync/jobs/{j}")[0] != 200]
    if lost:
        problems.append(f"{len(lost)} acknowledged jobs are unknown, first {lost[0]}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--embedder", default="hashing")
    parser.add_argument("--mongo", action="store_true", help="keep the data in a fake mongod; FAKE_MONGOD is its program")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    sender = Sender(rng)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        mongod = stack.enter_context(FakeMongod()) if arguments.mongo else None
        flags = ["--mongo-uri", mongod.uri()] if mongod else []
        server = Server(arguments.binary, folder, "--embedder", arguments.embedder, *flags)
        for n in range(arguments.kills):
            server.start()
            one_round(server, sender, rng)
            if sys.stderr.isatty():
                print(f"\rkill {n + 1}/{arguments.kills}, {len(sender.acknowledged)} acknowledged", end="", file=sys.stderr)
        with server:
            # What got no answer is sent again before the states are compared.
            if sender.pending:
                article, kind, tick, body = sender.pending
                status, answer = server.json("POST", "/api/v1/sync/payload", json.loads(body))
                if status != 200:
                    raise ServerError(f"webhook answered {status}: {answer}")
                sender.acknowledged.append(answer["job_id"])
                sender.model[article] = tick if kind == "publish" else None
            server.wait_idle(900)  # the fake mongod looks at every row for each query
            problems = check(server, sender)
            if mongod and mongod.by_pool() != AT_REST:
                problems.append(f"connections are {mongod.by_pool()}, {AT_REST} are wanted")
            code = server.stop()
            if mongod and mongod.everything():
                problems.append(f"{mongod.everything()} connections are left after the end")
            if code != 0:
                problems.append(f"exit code {code} after SIGTERM")
    for problem in problems:
        print(f"  {problem}")
    print(f"{arguments.kills} kills, {len(sender.acknowledged)} webhooks acknowledged, {len(problems)} problems (seed {arguments.seed})")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
