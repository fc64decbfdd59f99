"""Runs the built program on a free loopback port and talks to it. Standard library only."""
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time


class ServerError(Exception):
    pass


class Server:
    """One `wellspring serve`; use as a context manager, or start(), kill() and stop() by hand."""

    def __init__(self, binary, data_dir, *flags, environment=None):
        self.command = [binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", str(data_dir), *flags]
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("WELLSPRING_", "MONGO_"))}
        # Every client here is 127.0.0.1: limits are for the tests of limits.
        self.environment.update({"RATE_LIMIT_PER_MINUTE": "0", "RATE_LIMIT_PER_HOUR": "0", "ENABLE_GLOBAL_RATE_LIMIT": "false"})
        self.environment.update(environment or {})
        self.process = None
        self.port = None
        self.lines = []
        self._changed = threading.Condition()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()

    def start(self, limit=60.0):
        self.lines, self.port = [], None
        self.process = subprocess.Popen(self.command, env=self.environment, stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True, errors="replace")
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        self.wait_for_line(r"listening on http://127\.0\.0\.1:(\d+)", limit)
        self.wait_for_line(r" - ready\b|\"message\": ?\"ready\"", limit)
        return self

    def _read(self, process):
        with process.stderr:
            for line in process.stderr:
                with self._changed:
                    self.lines.append(line.rstrip("\n"))
                    found = re.search(r"listening on http://[^ ]*:(\d+)", line)
                    if found:
                        self.port = int(found.group(1))
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for_line(self, pattern, limit=60.0):
        """Waits until a log line matches; returns the match."""
        end = time.monotonic() + limit
        with self._changed:
            while True:
                for line in self.lines:
                    found = re.search(pattern, line)
                    if found:
                        return found
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise ServerError(f"no line matching {pattern!r} within {limit:g} s (exit code "
                                      f"{self.process.poll()}); the log:\n" + "\n".join(self.lines[-30:]))
                self._changed.wait(min(left, 0.2))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def kill(self):
        """SIGKILL: what a crash or a power cut does to a process."""
        self.process.kill()
        self.process.wait(30)

    def stop(self, limit=30.0):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit)

    def connect(self, timeout=30.0):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, target, body=None, headers=None, timeout=30.0):
        """One request on a connection of its own: (status, headers, body bytes)."""
        connection = self.connect(timeout)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
                headers = {"Content-Type": "application/json", **(headers or {})}
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def json(self, method, target, body=None, headers=None, timeout=30.0):
        """As request(), with the body parsed: (status, value)."""
        status, _, text = self.request(method, target, body, headers, timeout)
        return status, json.loads(text)

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_idle(self, limit=60.0):
        """Until no job is queued or running."""
        wait_until(lambda: not self.open_jobs(), limit, lambda: f"jobs still open: {self.open_jobs()}")

    def open_jobs(self):
        counts = self.json("GET", "/api/v1/sync/jobs?limit=0")[1]["counts"]
        return counts.get("queued", 0) + counts.get("running", 0)


def wait_until(condition, limit, describe):
    """Polls a condition of the outside world until it holds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise ServerError(f"not within {limit:g} s: {describe()}")
        time.sleep(0.02)


def webhook(operation, article_id, title="", markdown="", updated_at="", status="published", **more):
    """A body as Payload CMS sends it."""
    return {"operation": operation,
            "doc": {"id": article_id, "title": title, "markdown": markdown, "status": status, "content": None,
                    "createdAt": "2025-01-01T00:00:00.000Z", "updatedAt": updated_at, **more}}


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="wellspring-test-")
