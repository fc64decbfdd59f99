#!/usr/bin/env python3
"""Mixed load for a time: webhooks, searches, questions, readers that leave. Memory, descriptors and answers must hold.

The corpus is of constant size (articles are replaced), so after the first third neither memory nor descriptors may grow.
"""
import argparse
import json
import random
import sys
import threading
import time

from server import Server, temporary_folder, webhook

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--embedder", default="onnx")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    samples = []
    with temporary_folder() as folder, Server(arguments.binary, folder, "--embedder", arguments.embedder) as server:
        load = Load(server, arguments.seed)
        work = (("webhooks", load.publish, 0.5), ("searches", load.search, 0.05), ("answers", load.ask, 0.1), ("left early", load.leave, 0.3))
        threads = [threading.Thread(target=load.loop, args=one) for one in work]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        while (elapsed := time.monotonic() - start) < arguments.minutes * 60:
            load.stop.wait(min(5.0, arguments.minutes))
            samples.append((elapsed, server.memory_kb(), server.descriptors()))
            if sys.stderr.isatty():
                print(f"\r{elapsed:6.0f} s  {samples[-1][1] / 1024:6.1f} MB  {samples[-1][2]} descriptors", end="", file=sys.stderr)
        load.stop.set()
        for thread in threads:
            thread.join()
        server.wait_idle()
        code = server.stop()
    settled = samples[len(samples) // 3:]
    first, last = settled[:len(settled) // 3 or 1], settled[-(len(settled) // 3 or 1):]
    mean = lambda rows, column: sum(row[column] for row in rows) / len(rows)
    growth = mean(last, 1) / mean(first, 1)
    report = {"minutes": arguments.minutes, **load.counts, "failures": len(load.failures), "memory_mb_settled": round(mean(first, 1) / 1024, 1),
              "memory_mb_end": round(mean(last, 1) / 1024, 1), "memory_growth": round(growth, 3),
              "descriptors_settled": round(mean(first, 2), 1), "descriptors_end": round(mean(last, 2), 1), "exit_code": code}
    print(json.dumps(report))
    for failure in load.failures[:10]:
        print(f"  {failure}")
    good = not load.failures and code == 0 and growth < 1.10 and mean(last, 2) <= mean(first, 2) + 5
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
