#!/usr/bin/env python3
"""Runs the benchmarks: python3 bench/run.py [NAME...]; no name means all. Results go to bench/results/NAME.json."""
import importlib
import sys
import time

from common import save

NAMES = ("quality", "lexical", "vectors", "embedding", "query_latency", "publish", "reconcile", "startup", "serving", "rate_limit", "streams", "mongo_pool", "mongo_store", "webhooks")


def main():
    names = sys.argv[1:] or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"no benchmark is called {unknown[0]}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in names:
        print(f"{name}:", flush=True)
        start = time.monotonic()
        save(name, importlib.import_module(name).run())
        print(f"  ({time.monotonic() - start:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
