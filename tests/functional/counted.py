"""A MongoDB server whose connections are counted outside the program: the fake mongod, or any server behind a counting gate."""
import contextlib
import os
import pathlib
import socket
import subprocess
import threading

from mongo import FakeMongod
from server import temporary_folder, wait_until
from tcp_gate import TcpGate, split_uri, through_gate

FERRETDB = pathlib.Path(__file__).resolve().parents[2] / ".deps" / "ferretdb" / "ferretdb"
DATABASE = "wellspring_reports"


class OnFake:
    """Exact: by application name and role, as the server sees them."""

    def __init__(self, mongod):
        self.mongod, self.uri = mongod, mongod.uri(DATABASE)
        self.description = "fake mongod, counted there by application name and role"

    def expect_monitors(self, count):
        pass  # told apart by role

    def application(self):
        return self.mongod.current("app")

    def created(self):
        return self.mongod.created("app")

    def monitors(self):
        return self.mongod.monitors()

    def everything(self):
        return self.mongod.everything()

    def pools(self, _):
        return {name.removeprefix("wellspring:"): count for name, count in self.mongod.by_pool().items()}

    def reconnected_monitors_allowed(self):
        return 0  # told apart by role

    def commands(self):
        """What reached the server besides the monitors' hello."""
        return sum(count for name, count in self.mongod.tell({"counts": 1})["commands"].items() if name != "hello")

    def slow(self, seconds):
        self.mongod.tell({"fault": {"command": "any", "delayMS": int(seconds * 1000)}})

    def silent(self):
        self.mongod.tell({"fault": {"command": "*", "effect": "ignore"}})

    def well(self):
        self.mongod.tell({"clearFaults": 1})

    def kill(self, count=None):
        return self.mongod.tell({"kill": {"role": "app", "idleOnly": True, **({"first": count} if count else {})}})["closed"]

    def refuse(self):
        self.mongod.tell({"refuse": 1})

    def accept(self):
        self.mongod.tell({"accept": 1})


class BehindGate:
    """A real server: the gate counts every connection; how they are shared among pools is the program's own account."""

    def __init__(self, gate, uri):
        self.gate, self.uri = gate, through_gate(uri, gate)
        self.monitors_expected = 0
        self.description = "real server behind a counting gate; by pool as the program says"

    def expect_monitors(self, count):
        self.monitors_expected = count

    def application(self):
        return self.gate.current - self.monitors_expected

    def created(self):
        return self.gate.total - self.monitors_expected

    def monitors(self):
        return self.monitors_expected

    def everything(self):
        return self.gate.current

    def pools(self, server):
        return {pool["name"]: pool["sockets"]["open"] for pool in server.json("GET", "/api/v1/admin/pools")[1]["pools"]}

    def reconnected_monitors_allowed(self):
        """How many of the new connections after a fault may be the monitors'."""
        return self.monitors_expected

    def commands(self):
        return None

    def slow(self, seconds):
        self.gate.delay(seconds)

    def silent(self):
        self.gate.black_hole()

    def well(self):
        self.gate.delay(0)
        self.gate.accept()

    def kill(self, count=None):
        return self.gate.cut(count)

    def refuse(self):
        self.gate.refuse()

    def accept(self):
        self.gate.accept()


@contextlib.contextmanager
def counted(uri=None):
    """The server at `uri` behind a gate, or a fake mongod where there is none."""
    if uri:
        _, host, port, _ = split_uri(uri)
        with TcpGate(host, port) as gate:
            yield BehindGate(gate, uri)
    else:
        with FakeMongod() as mongod:
            yield OnFake(mongod)


@contextlib.contextmanager
def real_server():
    """The URI of a real server: WELLSPRING_TEST_MONGODB_URI, or FerretDB in a folder of its own; None where there is neither."""
    if uri := os.environ.get("WELLSPRING_TEST_MONGODB_URI"):
        yield uri
    elif not FERRETDB.exists():
        yield None
    else:
        with temporary_folder() as folder, ferretdb(folder) as uri:
            yield uri


@contextlib.contextmanager
def ferretdb(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([FERRETDB, "--handler=sqlite", f"--sqlite-url=file:{folder}/", f"--listen-addr=127.0.0.1:{port}",
                                "--telemetry=disable", f"--state-dir={folder}", "--debug-addr=-"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port), 30, lambda: f"FerretDB does not listen on port {port}")
        yield f"mongodb://127.0.0.1:{port}/ws"
    finally:
        process.terminate()
        process.wait(20)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Sampler:
    """Calls `look` every `interval` seconds until the end of the block; `seen` holds the answers."""

    def __init__(self, look, interval=0.05):
        self.look, self.interval = look, interval
        self.seen = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while True:
            self.seen.append(self.look())
            if self._stop.wait(self.interval):
                return
