"""Start to ready, and resident memory, with 10,000 chunks."""
import time

from common import BINARY, percentile, row
from corpora import data_dir
from server import Server

RUNS = 9


def run():
    folder = data_dir(10_000) / "data"
    times, memory = [], []
    for _ in range(RUNS):
        server = Server(BINARY, folder)
        start = time.monotonic()
        server.start()
        times.append(time.monotonic() - start)
        memory.append(server.memory_kb() / 1024)
        server.stop()
    ready, resident = percentile(times, 0.5), percentile(memory, 0.5)
    return [row("start to ready, 10,000 chunks, ms (median)", round(ready * 1e3), "<= 300", ready <= 0.3, runs_ms=[round(t * 1e3) for t in times]),
            row("resident memory when ready, MB (median)", round(resident), "<= 150", resident <= 150, runs_mb=[round(m) for m in memory])]
