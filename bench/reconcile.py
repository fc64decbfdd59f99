"""A sweep over 10,000 articles that did not change: seconds, requests, bytes."""
import json
import subprocess
import time

from cms_double import CmsDouble
from common import BINARY, row
from server import Server, temporary_folder

ARTICLES = 10_000


def reconcile(server):
    done = subprocess.run([BINARY, "reconcile", "--url", server.url, "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run():
    cms = CmsDouble()
    for n in range(ARTICLES):
        cms.put(f"{n:024x}", f"Note {n}. " + "The harbour lamps are lit at dusk by the keeper. " * 40, n % 80_000)
    with temporary_folder() as folder:
        with Server(BINARY, folder, "--embedder", "hashing", "--cms-url", cms.url, "--cms-reconcile-every", "0s") as server:
            start = time.monotonic()
            filled = reconcile(server)
            fill_seconds = time.monotonic() - start
            cms.sent_bytes, before = 0, len(cms.requests)
            start = time.monotonic()
            report = reconcile(server)
            seconds = time.monotonic() - start
            memory_mb = server.memory_kb() / 1024
    requests = len(cms.requests) - before
    cms.stop()
    same = report["jobs"] == 0 and report["listed"] == ARTICLES and filled["jobs"] == ARTICLES
    return [row("reconcile of 10,000 unchanged articles, s", round(seconds, 2), "<= 15", same and seconds <= 15, pause_ms=100, page_size=200),
            row("its requests", requests, "<= 50", same and requests <= 50),
            row("its bytes, bodies alone", cms.sent_bytes, "<= 1500000", same and cms.sent_bytes <= 1_500_000),
            row("10,000 missing articles fetched and indexed, s", round(fill_seconds, 1), "(reported)", True, memory_mb=round(memory_mb))]
