#!/usr/bin/env python3
"""Mixed load for a time: webhooks, searches, questions, readers that leave. Memory, descriptors and answers must hold.

The corpus is of constant size (articles are replaced), so after the first third neither memory nor descriptors may grow.
"""
import argparse
import json
import random
import sys
import threading
import time

from server import Server, temporary_folder, webhook

ARTICLES = 200
WORDS = "harbour lantern cedar granite river meadow copper violin saddle orchard compass thicket".split()


def article_text(rng):
    return "\n\n".join(f"## {rng.choice(WORDS).title()} {n}\n\n" + " ".join(rng.choice(WORDS) for _ in range(80)) + "."
                       for n in range(5))


class Load:
    def __init__(self, server, seed):
        self.server, self.rng = server, random.Random(seed)
        self.stop = threading.Event()
        self.counts = {"webhooks": 0, "searches": 0, "answers": 0, "left early": 0}
        self.failures = []

    def loop(self, name, work, pause):
        rng = random.Random(f"{name}{self.rng.random()}")
        while not self.stop.is_set():
            try:
                work(rng)
                self.counts[name] += 1
            except Exception as error:  # a soak reports every kind of failure and goes on
                self.failures.append(f"{name}: {error!r}")
            self.stop.wait(pause)

    def publish(self, rng):
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"
        body = webhook("update", f"soak-{rng.randrange(ARTICLES)}", "Soak", article_text(rng), stamp)
        status, answer = self.server.json("POST", "/api/v1/sync/payload", body)
        assert status == 200, (status, answer)

    def search(self, rng):
        status, _ = self.server.json("POST", "/api/v1/search", {"query": " ".join(rng.sample(WORDS, 3)), "k": 10})
        assert status == 200, status

    def ask(self, rng):
        status, _, body = self.server.request("POST", "/api/v1/chat/stream", {"query": f"What is said of {rng.choice(WORDS)}?"})
        assert status == 200, status
        last = json.loads(body.decode().strip().split("\n\n")[-1].removeprefix("data: "))
        assert last["status"] == "complete", last

    def leave(self, rng):
        connection = self.server.connect()
        connection.request("POST", "/api/v1/chat/stream", json.dumps({"query": rng.choice(WORDS)}), {"Content-Type": "application/json"})
        connection.getresponse().read(20)
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--embedder", default="onnx")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    samples = []
    with temporary_folder() as folder, Server(arguments.binary, folder, "--embedder", arguments.embedder) as server:
        load = Load(server, arguments.seed)
        work = (("webhooks", load.publish, 0.5), ("searches", load.search, 0.05), ("answers", load.ask, 0.1), ("left early", load.leave, 0.3))
        threads = [threading.Thread(target=load.loop, args=one) for one in work]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        while (elapsed := time.monotonic() - start) < arguments.minutes * 60:
            load.stop.wait(min(5.0, arguments.minutes))
            samples.append((elapsed, server.memory_kb(), server.descriptors()))
            if sys.stderr.isatty():
                print(f"\r{elapsed:6.0f} s  {samples[-1][1] / 1024:6.1f} MB  {samples[-1][2]} descriptors", end="", file=sys.stderr)
        load.stop.set()
        for thread in threads:
            thread.join()
        server.wait_idle()
        code = server.stop()
    settled = samples[len(samples) // 3:]
    first, last = settled[:len(settled) // 3 or 1], settled[-(len(settled) // 3 or 1):]
    mean = lambda rows, column: sum(row[column] for row in rows) / len(rows)
    growth = mean(last, 1) / mean(first, 1)
    report = {"minutes": arguments.minutes, **load.counts, "failures": len(load.failures), "memory_mb_settled": round(mean(first, 1) / 1024, 1),
              "memory_mb_end": round(mean(last, 1) / 1024, 1), "memory_growth": round(growth, 3),
              "descriptors_settled": round(mean(first, 2), 1), "descriptors_end": round(mean(last, 2), 1), "exit_code": code}
    print(json.dumps(report))
    for failure in load.failures[:10]:
        print(f"  {failure}")
    good = not load.failures and code == 0 and growth < 1.10 and mean(last, 2) <= mean(first, 2) + 5
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
