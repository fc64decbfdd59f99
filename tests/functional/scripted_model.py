"""An OpenAI-compatible endpoint that does what a test tells it to. Loopback only."""
import http.server
import json
import threading
import time


class ScriptedModel:
    """`script(body, write)` answers a call: it may write pieces of text, sleep, raise or return a status."""

    def __init__(self, script):
        self.calls, self.closed = [], threading.Event()
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                model.calls.append({"body": body, "authorization": self.headers.get("Authorization")})
                try:
                    self.answer(body)
                except (BrokenPipeError, ConnectionResetError):
                    model.closed.set()

            def answer(self, body):
                started = False

                def write(text):
                    nonlocal started
                    if not started:
                        self.send_response(200)
                        self.send_header("Content-Type", "text/event-stream")
                        self.send_header("Transfer-Encoding", "chunked")
                        self.end_headers()
                        started = True
                    self.piece("data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) + "\n\n")

                status = script(body, write)
                if status:
                    text = json.dumps({"error": {"message": "scripted"}}).encode()
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                elif started:
                    self.piece("data: [DONE]\n\n")
                    self.wfile.write(b"0\r\n\r\n")

            def piece(self, text):
                data = text.encode()
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/v1"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def write_until_closed(write, interval=0.02, limit=20.0):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        write("more ")
        time.sleep(interval)
