"""Requests in numbers: many at once, or a steady mix for a time."""
import concurrent.futures
import http.client
import json
import random
import threading
import time

from server import webhook

ARTICLES = 200
WORDS = "harbour lantern cedar granite river meadow copper violin saddle orchard compass thicket".split()


def exchange(connection, method, target, body=None):
    connection.request(method, target, json.dumps(body) if body is not None else None,
                       {"Content-Type": "application/json"} if body is not None else {})
    response = connection.getresponse()
    return response.status, response.read()


def in_parallel(port, workers, count, call):
    """call(number, connection) `count` times by `workers` threads, each with one HTTP connection; the answers."""
    numbers = iter(range(count))
    lock = threading.Lock()
    answers = []

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                answers.append(call(number, connection))
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for each in [pool.submit(work) for _ in range(workers)]:
            each.result()
    return answers


def webhooks(port, workers, count, articles=100, status="published"):
    """Distinct revisions of `articles` articles; the status codes."""
    return in_parallel(port, workers, count, lambda n, connection: exchange(
        connection, "POST", "/api/v1/sync/payload",
        webhook("update", f"burst-{n % articles}", "Burst", f"text {n}", stamp(n), status=status))[0])


def gets(port, workers, count, *targets):
    """GET requests to the targets in turn; the status codes."""
    return in_parallel(port, workers, count, lambda n, connection: exchange(connection, "GET", targets[n % len(targets)])[0])


def open_jobs_after(server, seconds):
    """How many jobs are still open when so long has passed or none is left: a slow server need not be waited for."""
    end = time.monotonic() + seconds
    while (left := server.open_jobs()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def stamp(more_ms=0):
    now = time.time() + more_ms / 1000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"


def article_text(rng):
    return "\n\n".join(f"## {rng.choice(WORDS).title()} {n}\n\n" + " ".join(rng.choice(WORDS) for _ in range(80)) + "."
                       for n in range(5))


class Load:
    """A steady mix: one thread a kind of request, with a pause after each."""

    def __init__(self, server, seed=1):
        self.server, self.rng = server, random.Random(seed)
        self.stop = threading.Event()
        self.counts = {}
        self.failures = []
        self.tolerated = []
        self.threads = []
        self._tolerant_until = 0.0

    def start(self, *kinds):
        """kinds: (name, method of this class, seconds of pause)."""
        for name, work, pause in kinds:
            self.counts[name] = 0
            self.threads.append(threading.Thread(target=self._loop, args=(name, work, pause)))
        for thread in self.threads:
            thread.start()
        return self

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def tolerate(self, seconds):
        """For so long a request may be answered 503 or 504: `tolerated` has what was."""
        self._tolerant_until = time.monotonic() + seconds

    def _failed(self, began, name, error):
        refused = isinstance(error, AssertionError) and any(str(status) in str(error) for status in (503, 504))
        told = self.tolerated if refused and began < self._tolerant_until else self.failures
        told.append(f"{name}: {error!r}")

    def _loop(self, name, work, pause):
        rng = random.Random(f"{name}{self.rng.random()}")
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                work(rng)
                self.counts[name] += 1
            except Exception as error:  # a load reports every kind of failure and goes on
                self._failed(began, name, error)
            self.stop.wait(pause)

    def publish(self, rng):
        body = webhook("update", f"soak-{rng.randrange(ARTICLES)}", "Soak", article_text(rng), stamp())
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

    def read(self, *targets):
        """A kind of request of its own: GET of the targets, one at random."""
        def work(rng):
            target = rng.choice(targets)
            status, _, _ = self.server.request("GET", target)
            assert status == 200, (target, status)
        return work
