"""2,000 answers streamed at a time from a model that writes a token each 50 ms."""
import json
import re
import subprocess
import time

from common import BINARY, BUILD, UNLIMITED, row
from server import Server, temporary_folder, webhook

STREAMS = 2_000
SECONDS = 20


def run():
    stub = subprocess.Popen([BUILD / "stream_bench", "model", "--interval-ms", "50", "--tokens", str(SECONDS * 20)], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"(\d+)\s*$", stub.stdout.readline()).group(1))
        flags = ("--llm-base-url", f"http://127.0.0.1:{port}/v1", "--llm-concurrency", str(2 * STREAMS), "--streams-max", str(2 * STREAMS), "--cache-entries", "0", *UNLIMITED)
        with temporary_folder() as folder, Server(BINARY, folder, *flags) as server:
            status, answer = server.json("POST", "/api/v1/sync/payload", webhook(
                "create", "1", "Harbour", "## Lamps\n\nThe harbour lamps are lit at dusk by the keeper.", "2025-01-01T00:00:00Z"))
            assert status == 200, answer
            server.wait_idle()
            before = server.memory_kb()
            clients = subprocess.Popen([BUILD / "stream_bench", "clients", "--port", str(server.port), "--count", str(STREAMS)], stdout=subprocess.PIPE, text=True)
            peak = before
            while clients.poll() is None:
                peak = max(peak, server.memory_kb())
                time.sleep(0.5)
            result = json.loads(clients.stdout.read().strip().splitlines()[-1])
    finally:
        stub.terminate()
        stub.wait(10)
    each = (peak - before) / STREAMS
    good = result["finished"] == STREAMS
    return [row("2,000 streams: p99 gap between tokens, ms", result["gap_p99_ms"], "< 200", good and result["gap_p99_ms"] < 200, **result),
            row("2,000 streams: memory each, kB", round(each, 1), "reported", good)]
