"""Small answers over HTTP against a bare Beast server, both driven by wrk in turn."""
import re
import subprocess

from common import BINARY, BUILD, percentile, row
from server import Server, temporary_folder

ROUNDS = 5
SECONDS = 4


def requests_per_second(url):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{SECONDS}s", url], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(f"{url} answered with errors:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def compare(ours, bare):
    pairs = [(requests_per_second(ours), requests_per_second(bare)) for _ in range(ROUNDS)]
    return percentile([a / b for a, b in pairs], 0.5), pairs


def run():
    bare = subprocess.Popen([BUILD / "bare_beast"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"(\d+)\s*$", bare.stdout.readline()).group(1))
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing") as server:
            rows = []
            for what, target in (("/health/live", "/health/live"), ("a cached small response, /ui/favicon.svg", "/ui/favicon.svg")):
                ratio, pairs = compare(server.url + target, f"http://127.0.0.1:{port}/")
                rows.append(row(f"{what}: requests/s as a share of bare Beast", round(ratio, 3), ">= 0.8", ratio >= 0.8,
                                pairs=[[round(a), round(b)] for a, b in pairs]))
            return rows
    finally:
        bare.terminate()
        bare.wait(10)
