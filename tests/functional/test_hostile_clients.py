"""Clients that are slow, greedy or devious: others are served meanwhile, nothing grows, and all is well afterwards."""
import asyncio
import json
import resource
import socket
import threading
import time
import unittest

from case import BINARY, ServerCase
from server import Server, temporary_folder, wait_until, webhook

SLOW_CLIENTS = 10_000
STALLED_READERS = 2_000
MEMORY_EACH_KB = 64  # a connection that is being read, with its buffers


def many_descriptors(wanted):
    """As many as this process may open, at most `wanted`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - 500)


class SlowClients(ServerCase):
    flags = ("--embedder", "hashing", "--connections-max", "12000", "--idle-timeout", "5s")

    def test_ten_thousand_that_never_finish_their_head(self):
        count = many_descriptors(SLOW_CLIENTS)
        self.get("/health/live")
        descriptors, memory = self.server.descriptors(), self.server.memory_kb()
        waits, cut, told = [], [], []

        async def slow():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                answer = asyncio.ensure_future(reader.read())
                while not answer.done():
                    writer.write(b"y")
                    await asyncio.wait([answer], timeout=1)
                told.append(b" 408 " in answer.result()[:20])
                writer.close()
            except ConnectionError:
                pass  # a byte sent after the end resets the connection, and the answer may go with it
            cut.append(1)

        def others():
            while len(cut) < count:
                start = time.monotonic()
                self.assertEqual(self.server.request("GET", "/health/live")[0], 200)
                waits.append(time.monotonic() - start)

        async def attack():
            for batch in range(0, count, 500):
                clients.extend(asyncio.ensure_future(slow()) for _ in range(min(500, count - batch)))
                await asyncio.sleep(0)
            await asyncio.wait_for(asyncio.gather(*clients), 120)

        clients = []
        visitor = threading.Thread(target=others)
        visitor.start()
        try:
            asyncio.run(attack())
        finally:
            cut.extend([0] * count)
            visitor.join()
        self.assertEqual(sum(cut), count, "every one is cut")
        self.assertGreater(told.count(True), 0, "slow heads are answered 408")
        self.assertNotIn(False, told)
        self.assertLess(sorted(waits)[len(waits) * 99 // 100], 2, "others are served meanwhile")
        wait_until(lambda: self.server.descriptors() <= descriptors + 5, 30, lambda: f"{self.server.descriptors()} descriptors, {descriptors} before")
        self.assertLess(self.server.memory_kb() - memory, count * MEMORY_EACH_KB)


class EndlessModel:
    """An OpenAI-compatible endpoint that writes for as long as it is read. One thread for any number of readers."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        listening = threading.Event()

        async def answer(reader, writer):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                await reader.readexactly(length)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                event = b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": "more words " * 40}}]}).encode() + b"\n\n"
                while True:
                    writer.write(b"%x\r\n%s\r\n" % (len(event), event))
                    await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                writer.close()

        async def serve():
            self.server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
            self.port = self.server.sockets[0].getsockname()[1]
            listening.set()

        def run():
            self.loop.create_task(serve())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        listening.wait(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class StalledReaders(unittest.TestCase):
    def test_two_thousand_streams_that_nobody_reads(self):
        model = EndlessModel()
        self.addCleanup(model.stop)
        count = many_descriptors(STALLED_READERS)
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing", "--llm-base-url", f"http://127.0.0.1:{model.port}/v1",
                                                  "--llm-concurrency", str(count), "--answer-timeout", "10m") as server:
            server.json("POST", "/api/v1/sync/payload", webhook("create", "lamps", "Harbour lamps", "The harbour lamps are lit at dusk.", "2025-01-01T00:00:00Z"))
            server.wait_idle()
            descriptors, memory = server.descriptors(), server.memory_kb()
            body = json.dumps({"query": "When are the harbour lamps lit?"}).encode()
            request = b"POST /api/v1/chat/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            readers = []
            try:
                for _ in range(count):
                    reader = socket.socket()
                    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    reader.connect(("127.0.0.1", server.port))
                    reader.sendall(request)
                    readers.append(reader)
                def streams():
                    scrape = server.request("GET", "/metrics")[2].decode()
                    return next(float(line.split()[-1]) for line in scrape.splitlines() if line.startswith("wellspring_streams_open"))
                wait_until(lambda: streams() >= 0.95 * count, 60, lambda: f"{streams():g} streams")
                most = 0
                def all_cut():
                    nonlocal most
                    most = max(most, server.memory_kb() - memory)
                    start = time.monotonic()
                    self.assertEqual(server.request("GET", "/health/live")[0], 200)
                    self.assertLess(time.monotonic() - start, 5, "others are served meanwhile")
                    return streams() == 0
                wait_until(all_cut, 120, lambda: f"{streams():g} streams are still open")
                self.assertLess(most, count * 512, "a stream that is not read holds its buffers and no more")
            finally:
                for reader in readers:
                    reader.close()
            wait_until(lambda: server.descriptors() <= descriptors + 5, 30, lambda: f"{server.descriptors()} descriptors, {descriptors} before")
            self.assertTrue(server.json("POST", "/api/v1/search", {"query": "harbour lamps"})[1]["hits"])


class Devious(ServerCase):
    def talk(self, data, limit=20):
        """Everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=limit) as peer:
            peer.sendall(data)
            answer = b""
            try:
                while piece := peer.recv(65536):
                    answer += piece
            except (ConnectionResetError, TimeoutError):
                pass
            return answer

    def pour(self, head, piece, total):
        """Sends up to `total` bytes after `head`; returns what came back and how much was taken."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as peer:
            peer.sendall(head)
            sent = 0
            try:
                while sent < total:
                    sent += peer.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                return peer.recv(4096), sent
            except ConnectionResetError:
                return b"", sent

    def test_a_gigabyte_is_refused_before_it_is_read(self):
        memory = self.server.memory_kb()
        gigabyte, piece = 1 << 30, b"x" * (1 << 20)
        head = b"POST /api/v1/sync/payload HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        for framing, sent_piece in ((b"Content-Length: %d\r\n\r\n" % gigabyte, piece),
                                    (b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n" % (len(piece), piece))):
            answer, sent = self.pour(head + framing, sent_piece, gigabyte)
            self.assertLess(sent, 256 << 20)
            if answer:  # a reset may overtake it when the client never stops sending
                self.assertIn(b" 413 ", answer.split(b"\r\n")[0])
        self.assertLess(self.server.memory_kb() - memory, 64 << 10)
        self.assertEqual(self.get("/health/live")[0], 200)

    def test_a_second_request_is_never_smuggled_in_the_first(self):
        hidden = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
        post = b"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        shapes = {
            "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "both lengths, the other way round": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            "space before the colon": b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "an unknown coding": b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "chunked is not the last coding": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "two codings in two lines": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "a tab in the coding": b"Transfer-Encoding:\tchunked\x0b\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "different lengths": b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
            "a signed length": b"Content-Length: +0\r\n\r\n",
            "a hexadecimal length": b"Content-Length: 0x0\r\n\r\n",
            "a list of lengths": b"Content-Length: 0, 5\r\n\r\n",
            "a control character in a name": b"\x0bContent-Length: 0\r\n\r\n",
            "a bare carriage return": b"X: y\rContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
            "a chunk size that overflows": b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF1\r\n",
            "a signed chunk size": b"Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
        }
        for name, rest in shapes.items():
            with self.subTest(name):
                answer = self.talk(post + rest + hidden)
                self.assertRegex(answer.split(b"\r\n")[0], rb" (400|501) ", answer)
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)
        self.assertEqual(self.get("/health/live")[0], 200)


if __name__ == "__main__":
    unittest.main()
