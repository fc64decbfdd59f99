"""The counting gate, in front of a server that sends back what it gets."""
import socket
import socketserver
import threading
import time
import unittest

from server import wait_until
from tcp_gate import TcpGate, split_uri, through_gate


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Gate(unittest.TestCase):
    def setUp(self):
        echo = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
        echo.daemon_threads = True
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        self.addCleanup(echo.server_close)
        self.addCleanup(echo.shutdown)
        self.gate = TcpGate(*echo.server_address)
        self.gate.__enter__()
        self.addCleanup(self.gate.__exit__)

    def client(self):
        client = socket.create_connection(("127.0.0.1", self.gate.port), timeout=5)
        self.addCleanup(client.close)
        return client

    def exchange(self, client, data=b"ping"):
        client.sendall(data)
        return client.recv(4096)

    def test_counts_what_is_open_what_was_and_the_most(self):
        clients = [self.client() for _ in range(3)]
        self.assertEqual([self.exchange(client) for client in clients], [b"ping"] * 3)
        clients[0].close()
        self.assertEqual((self.gate.current, self.gate.total, self.gate.peak), (2, 3, 3))

    def test_refuses_and_accepts_again_on_the_same_port(self):
        port = self.gate.port
        self.gate.refuse()
        with self.assertRaises(ConnectionRefusedError):
            self.client()
        self.gate.accept()
        self.assertEqual((self.gate.port, self.exchange(self.client())), (port, b"ping"))

    def test_cuts_one_or_all(self):
        clients = [self.client() for _ in range(3)]
        for client in clients:
            self.exchange(client)
        self.assertEqual(self.gate.cut(1), 1)
        wait_until(lambda: self.gate.current == 2, 5, lambda: str(self.gate.current))
        self.assertEqual(self.gate.cut(), 2)
        wait_until(lambda: self.gate.current == 0, 5, lambda: str(self.gate.current))

    def test_a_black_hole_passes_on_what_it_held(self):
        client = self.client()
        self.exchange(client)
        self.gate.black_hole()
        client.sendall(b"held")
        client.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            client.recv(4)
        client.settimeout(5)
        self.gate.accept()
        self.assertEqual(client.recv(4), b"held")

    def test_delays_requests_but_not_hello(self):
        client = self.client()
        self.exchange(client)
        self.gate.delay(0.3)
        start = time.monotonic()
        self.exchange(client, b"\x10hello\x00")
        self.assertLess(time.monotonic() - start, 0.3)
        self.exchange(client)
        self.assertGreater(time.monotonic() - start, 0.3)

    def test_uris(self):
        self.assertEqual(through_gate("mongodb://u:p@h:1/d?a=b", self.gate), f"mongodb://u:p@127.0.0.1:{self.gate.port}/d?a=b")
        self.assertEqual(split_uri("mongodb://h")[1:], ("h", 27017, "/"))
        for uri in ("mongodb+srv://h/", "mongodb://a,b/", "mongodb://h/?tls=true", "mongodb://h/?replicaSet=r", "h:27017"):
            with self.assertRaises(ValueError, msg=uri):
                split_uri(uri)


if __name__ == "__main__":
    unittest.main()
