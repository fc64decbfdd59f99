"""A TCP gate in front of a server that does not tell its connections: counts them and injects faults. Standard library only.

It serves one server without TLS: a replica set would lead the client past it.
"""
import asyncio
import re
import threading
from collections import deque


HELLO = re.compile(rb"\x10(?:hello|isMaster|ismaster)\x00")  # a BSON element's type and name


class TcpGate:
    """Use as a context manager. Listens on 127.0.0.1; counts are of connections that the client has open.

    Faults: refuse(), cut() (close what is open), black_hole() (pass nothing on, tell nobody), delay(seconds) (requests are
    passed on late, but for hello: a server that is slow with its data answers the monitors); accept() ends the first and the third, delay(0) the last. Every call is safe from any thread."""

    def __init__(self, upstream_host, upstream_port):
        self.upstream = (upstream_host, upstream_port)
        self.port = 0
        self.total = self.peak = 0
        self.held = False
        self.lateness = 0.0
        self.clients = set()
        self._loop = asyncio.new_event_loop()
        self._listener = None

    def __enter__(self):
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self.refuse()
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def current(self):
        """Counts after everything that reached the gate before the question."""
        return self._do(self._count())

    def refuse(self):
        self._do(self._close_listener())

    def accept(self):
        self._do(self._listen())
        self._do(self._release())

    def cut(self, count=None):
        """Closes the connections that are open, or `count` of them; returns how many."""
        return self._do(self._cut(count))

    def black_hole(self):
        self.held = True

    def delay(self, seconds):
        self.lateness = seconds

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _count(self):
        for _ in range(4):  # one turn of the loop reads the ends, the next ones carry them out
            await asyncio.sleep(0)
        return len(self.clients)

    async def _listen(self):
        if self._listener is None:
            self._listener = await self._loop.create_server(lambda: _Side(self), "127.0.0.1", self.port, backlog=512)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _close_listener(self):
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _release(self):
        self.held = False
        for client in list(self.clients):
            client.flush()
            client.peer.flush()

    async def _cut(self, count):
        chosen = list(self.clients)[:count]
        for client in chosen:
            client.transport.abort()
        await asyncio.sleep(0)
        return len(chosen)


class _Side(asyncio.Protocol):
    """One side of a connection; `peer` is the other. Without a peer it is the client's and opens the server's."""

    def __init__(self, gate, peer=None):
        self.gate, self.peer, self.is_client = gate, peer, peer is None
        self.transport = None
        self.waiting = deque()  # what could not be passed on to us yet
        self.due = 0.0

    def connection_made(self, transport):
        self.transport = transport
        if not self.is_client:
            self.flush()
            return
        gate = self.gate
        gate.clients.add(self)
        gate.total += 1
        gate.peak = max(gate.peak, len(gate.clients))
        self.peer = _Side(gate, self)
        asyncio.ensure_future(self._open_server(), loop=gate._loop)

    async def _open_server(self):
        try:
            await self.gate._loop.create_connection(lambda: self.peer, *self.gate.upstream)
        except OSError:
            self.transport.abort()
            return
        if self.transport.is_closing():
            self.peer.transport.abort()

    def data_received(self, data):
        if self.is_client and self.gate.lateness and not HELLO.search(data, 0, 200):
            loop = self.gate._loop
            self.due = max(self.due, loop.time() + self.gate.lateness)
            loop.call_at(self.due, self.peer.take, data)
        else:
            self.peer.take(data)

    def take(self, data):
        self.waiting.append(data)
        self.flush()

    def flush(self):
        if self.gate.held or self.transport is None or self.transport.is_closing():
            return
        while self.waiting:
            self.transport.write(self.waiting.popleft())

    def pause_writing(self):
        self.peer.transport.pause_reading()

    def resume_writing(self):
        self.peer.transport.resume_reading()

    def connection_lost(self, _):
        if self.is_client:
            self.gate.clients.discard(self)
        if self.peer.transport is not None:
            self.peer.transport.close()


def through_gate(uri, gate):
    """The same URI with the gate's address in the place of the server's."""
    head, _, _, tail = split_uri(uri)
    return f"{head}127.0.0.1:{gate.port}{tail}"


def split_uri(uri):
    """(what stands before the host, host, port, what stands after). Raises ValueError where a gate cannot stand in between."""
    found = re.fullmatch(r"(mongodb://(?:[^@/]*@)?)([^,:/?@]+)(?::(\d+))?([/?].*)?", uri)
    if not found:
        raise ValueError("the counting gate stands before one server: give mongodb://host:port/, neither mongodb+srv nor several hosts")
    if re.search(r"[?&](tls|ssl)=true|[?&]replicaSet=", found[4] or ""):
        raise ValueError("the counting gate passes neither TLS nor a replica set's other members: give a plain URI of one server")
    return found[1], found[2], int(found[3] or 27017), found[4] or "/"
