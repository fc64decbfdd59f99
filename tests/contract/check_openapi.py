#!/usr/bin/env python3
"""Schemathesis against a server of its own: every answer must be one that docs/openapi.yaml describes, whatever is asked.

The seed is fixed, so a run can be repeated. scripts/setup_schemathesis.sh installs what this needs; without it, one line and exit 0.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

from contract import BINARY, LAMPS, Server, temporary_folder, webhook

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".deps/schemathesis/bin/schemathesis"


def published(server):
    """Something to find, so that answers have content to be checked."""
    for n in range(3):
        status, answer = server.json("POST", "/api/v1/sync/payload", webhook("create", f"a{n}", f"Harbour lamps {n}", LAMPS, "2025-01-01T00:00:00Z"))
        assert status == 200, answer
    status, answer = server.json("POST", "/api/v1/sources/", {"name": "n", "type": "web", "uri": "https://kept.example"})
    assert status == 201, answer
    server.wait_idle()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=30, help="at most so many random requests an operation (30)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=540, help="seconds for all of it (540)")
    parser.add_argument("more", nargs="*", help="further arguments for schemathesis, after --")
    options = parser.parse_args()
    if not PROGRAM.exists():
        print(f"skipped: {PROGRAM.relative_to(ROOT)} is not there; scripts/setup_schemathesis.sh installs it")
        return 0
    with temporary_folder() as folder, temporary_folder() as scratch, Server(BINARY, folder, "--embedder", "hashing") as server:
        published(server)
        command = [str(PROGRAM), "--config-file", str(pathlib.Path(__file__).with_name("schemathesis.toml")), "run", f"{server.url}/openapi.json",
                   "--seed", str(options.seed), "--max-examples", str(options.examples), "--generation-database", "none",
                   "--phases", "examples,coverage,fuzzing,stateful", "--no-color", "--continue-on-failure", "--warnings", "off", "--request-timeout", "20", *options.more]
        begin = time.monotonic()
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(pathlib.Path(__file__).resolve().parent)}
        done = subprocess.run(command, cwd=scratch, env=environment, timeout=options.limit)
        alive = server.json("GET", "/health/ready")[0] == 200
        print(f"schemathesis: exit {done.returncode}, {time.monotonic() - begin:.0f} s; the server is {'ready' if alive else 'NOT ready'} after it")
        return done.returncode if alive else 1


if __name__ == "__main__":
    sys.exit(main())
