"""The program from outside: its ports, its control interface, its end."""
import json
import os
import signal
import socket
import subprocess
import unittest

PROGRAM = os.environ["FAKE_MONGOD"]
LIMIT_SECONDS = 10


class Program(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen([PROGRAM, "--no-topology-version"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.kill)
        self.ports = json.loads(self.process.stdout.readline())
        self.control = self.connect(self.ports["controlPort"])
        self.answers = self.control.makefile("r")
        self.addCleanup(self.answers.close)

    def connect(self, port):
        connection = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_SECONDS)
        self.addCleanup(connection.close)
        return connection

    def tell(self, command):
        self.control.sendall(json.dumps(command).encode() + b"\n")
        return json.loads(self.answers.readline())

    def test_counts_and_kills_connections(self):
        client = self.connect(self.ports["port"])
        while self.tell({"counts": 1})["connections"]["current"] == 0:
            pass
        rows = self.tell({"connections": 1})["connections"]
        self.assertEqual([row["clientPort"] for row in rows], [client.getsockname()[1]])
        self.assertEqual(self.tell({"kill": {}}), {"ok": 1, "closed": 1})
        self.assertEqual(client.recv(1), b"")
        self.assertEqual(self.tell({"counts": 1})["connections"], {"current": 0, "totalCreated": 1, "peak": 1})

    def test_refuses_and_accepts(self):
        self.assertEqual(self.tell({"refuse": 1}), {"ok": 1})
        with self.assertRaises(ConnectionRefusedError):
            self.connect(self.ports["port"])
        self.assertEqual(self.tell({"accept": 1}), {"ok": 1})
        self.connect(self.ports["port"])

    def test_client_that_does_not_speak_the_protocol_is_turned_away(self):
        client = self.connect(self.ports["port"])
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            self.assertEqual(client.recv(1), b"")
        except ConnectionResetError:
            pass  # the request's unread rest makes the kernel send RST instead of FIN

    def test_wrong_line_gets_a_reason(self):
        answer = self.tell({"fly": 1})
        self.assertEqual(answer["ok"], 0)
        self.assertIn("names no command", answer["error"])

    def test_ends_on_sigterm(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(LIMIT_SECONDS), 0)

    def test_port_in_use_is_said(self):
        second = subprocess.run([PROGRAM, "--port", str(self.ports["port"])], capture_output=True, text=True,
                                timeout=LIMIT_SECONDS)
        self.assertEqual(second.returncode, 1)
        self.assertIn("in use", second.stderr)


if __name__ == "__main__":
    unittest.main()
