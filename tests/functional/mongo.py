"""A fake mongod for the functional tests: its counts by application name and role, its faults."""
import json
import os
import re
import socket
import subprocess
import threading

PROGRAM = os.environ.get("FAKE_MONGOD", "build/release/tests/fake_mongod")
POOLS = ("wellspring:vector", "wellspring:app", "wellspring:sources")
AT_REST = {"wellspring:vector": 10, "wellspring:app": 5, "wellspring:sources": 10}


class FakeMongod:
    """Use as a context manager, or start() and stop()."""

    def __init__(self, *flags):
        self.command = [PROGRAM, *flags]
        self.process = None
        self._one_at_a_time = threading.Lock()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self, port=0):
        self.process = subprocess.Popen([*self.command, "--port", str(port)], stdout=subprocess.PIPE, text=True)
        ports = json.loads(self.process.stdout.readline())
        self.port = ports["port"]
        self.control = socket.create_connection(("127.0.0.1", ports["controlPort"]), timeout=30)
        self.answers = self.control.makefile("r")
        return self

    def stop(self):
        self.answers.close()
        self.control.close()
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.process = None

    def uri(self, database="ws", parameters=""):
        return f"mongodb://127.0.0.1:{self.port}/{database}{'?' + parameters if parameters else ''}"

    def tell(self, command):
        with self._one_at_a_time:
            self.control.sendall(json.dumps(command).encode() + b"\n")
            answer = json.loads(self.answers.readline())
        assert answer["ok"] == 1, answer
        return answer

    def rows(self, role="app", app_name=None):
        return [row for row in self.tell({"counts": 1})["byRole"]
                if row["role"] == role and (app_name is None or row["appName"] == app_name)]

    def current(self, role="app", app_name=None):
        return sum(row["current"] for row in self.rows(role, app_name))

    def created(self, role="app", app_name=None):
        return sum(row["totalCreated"] for row in self.rows(role, app_name))

    def peak(self, app_name, role="app"):
        return max([row["peak"] for row in self.rows(role, app_name)], default=0)

    def monitors(self):
        return self.current("monitor") + self.current("rtt")

    def everything(self):
        return self.tell({"counts": 1})["connections"]["current"]

    def by_pool(self):
        return {row["appName"]: row["current"] for row in self.rows("app")}


def accounts(scrape):
    """What a scrape says of each pool: {"vector": {"created": ..., "closed": ..., "held": ..., "maximum": ...,
    "sockets": (opened, closed, open)}, ...}."""
    sums = {}
    for line in scrape.splitlines():
        found = re.match(r'(mongo_pool_\w+)\{.*?pool="(\w+)".*?\} (\S+)$', line)
        if found:
            sums[found[2], found[1]] = sums.get((found[2], found[1]), 0) + float(found[3])
    of = lambda pool, family: sums[pool, f"mongo_pool_{family}"]
    return {pool: {"created": of(pool, "connections_created_total"), "closed": of(pool, "connections_closed_total"),
                   "held": of(pool, "connections"), "maximum": of(pool, "max_size"),
                   "sockets": tuple(of(pool, f"sockets_{what}") for what in ("opened_total", "closed_total", "open"))}
            for pool in ("vector", "app", "sources")}


def broken_invariants(scrape):
    """What does not add up in a scrape, as sentences."""
    broken = []
    for pool, of in accounts(scrape).items():
        if of["created"] - of["closed"] != of["held"]:
            broken.append(f"{pool}: {of['created']:g} created - {of['closed']:g} closed is not {of['held']:g} held")
        if of["held"] > of["maximum"]:
            broken.append(f"{pool}: {of['held']:g} held, at most {of['maximum']:g} allowed")
        opened, closed, now = of["sockets"]
        if opened - closed != now:
            broken.append(f"{pool}: {opened:g} sockets opened - {closed:g} closed is not {now:g} open")
    return broken
