"""What the four reports on MongoDB connections share: a counted server with the program on it, criteria, one page."""
import argparse
import contextlib
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from case import BINARY
from counted import DATABASE, counted
from server import Server, temporary_folder, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MINIMA = {"vector": 10, "app": 5, "sources": 10}
AT_REST = sum(MINIMA.values())


class Report:
    """Criteria and figures under a title. finish() prints the page, writes build/reports/NAME.md and gives the exit code."""

    def __init__(self, name, title):
        self.name, self.title = name, title
        self.server = ""
        self.rows = []
        self.started = time.monotonic()

    def hold(self, what, measured, wanted, good):
        """A criterion."""
        self.rows.append((what, measured, wanted, "ok" if good else "FAILED"))

    def equal(self, what, measured, wanted):
        self.hold(what, measured, wanted, measured == wanted)

    def figure(self, what, measured):
        """A number without a criterion."""
        self.rows.append((what, measured, "", ""))

    def failures(self):
        return [f"{what}: {measured}, wanted {wanted}" for what, measured, wanted, verdict in self.rows if verdict == "FAILED"]

    def finish(self):
        failures = self.failures()
        verdict = [f"FAILED: {failure}" for failure in failures] or ["All criteria hold."]
        facts = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC"), "commit": commit(),
                 "server": self.server, "seconds": f"{time.monotonic() - self.started:.0f}"}
        table = [("what", "measured", "wanted", "verdict"), *self.rows]
        widths = [max(len(str(row[column])) for row in table) for column in range(4)]
        print("\n".join([self.title, *verdict, *(f"{name}: {value}" for name, value in facts.items()), "",
                         *("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table)]))
        marked = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in table]
        page = [f"# {self.title}", "", *verdict, "", *(f"- {name}: {value}" for name, value in facts.items()), "",
                marked[0], "| --- | --- | --- | --- |", *marked[1:]]
        target = ROOT / "build" / "reports" / f"{self.name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(page) + "\n")
        print(f"\n{target.relative_to(ROOT)}")
        return 1 if failures else 0


def commit():
    found = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


class Site:
    """The program on a counted server. `count` is the server's side, `server` the program's."""

    def __init__(self, count, folder, flags=()):
        self.count = count
        self.server = Server(BINARY, folder, "--embedder", "hashing", "--mongo-uri", count.uri, "--mongo-database", DATABASE, *flags)

    def start(self):
        """Until the server sees what the program wants at rest."""
        self.count.expect_monitors(0)
        self.server.start()
        expected = self.server.json("GET", "/api/v1/admin/pools")[1]["budget"]["monitor_sockets_expected"]
        wait_until(lambda: self.count.everything() >= AT_REST + expected, 15,
                   lambda: f"{self.count.everything()} connections, {AT_REST} and {expected} monitors are wanted")
        self.count.expect_monitors(expected)
        self.monitors_expected = expected
        return self

    def pools(self):
        return self.count.pools(self.server)

    def stop(self, number=signal.SIGTERM, limit=40, again_after=None):
        """Sends a signal, a second one after `again_after` seconds: (exit code, seconds, connections at the log line that says
        the pools are closed, or None where it never came)."""
        left = []

        def watch():
            try:
                self.server.wait_for_line("MongoDB pools are closed", limit)
                left.append(self.count.everything())
            except Exception:  # ended without the line, which is what the caller is told
                left.append(None)

        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.monotonic()
        self.server.process.send_signal(number)
        if again_after is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.process.wait(again_after)
            self.server.process.send_signal(number)
        code = self.server.process.wait(limit)
        took = time.monotonic() - start
        watcher.join()
        return code, took, left[0]


@contextlib.contextmanager
def site(count, *flags):
    """A started Site in a folder of its own; killed at the end where it still runs."""
    with temporary_folder() as folder:
        one = Site(count, folder, flags)
        try:
            yield one.start()
        finally:
            if one.server.process and one.server.process.poll() is None:
                one.server.kill()


def run(name, title, work):
    """The main() of a report: work(report, count) on the server that MONGO_URI names, or on a fake mongod."""
    argparse.ArgumentParser(description=f"{title}. MONGO_URI=... takes a real server; the database {DATABASE} there is written to.").parse_args()
    report = Report(name, title)
    try:
        with counted(os.environ.get("MONGO_URI")) as count:
            report.server = count.description
            work(report, count)
    except Exception as error:  # a report says why it could not be made
        report.hold("the report could be made", f"{type(error).__name__}: {error}".splitlines()[0], "to its end", False)
    sys.exit(report.finish())
