"""Small answers and cached ones over HTTP against a bare Beast server, both driven by wrk in turn."""
import json
import pathlib
import re
import subprocess

from common import BINARY, BUILD, UNLIMITED, percentile, row
from server import Server, temporary_folder, webhook

ROUNDS = 5
SECONDS = 4
QUESTION = {"query": "When are the harbour lamps lit?"}


def requests_per_second(url, script=None):
    more = ["-s", script] if script else []
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{SECONDS}s", *more, url], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "Non-2xx" in out:
        raise RuntimeError(f"{url} answered with errors:\n{out}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def compare(ours, bare, script=None):
    pairs = [(requests_per_second(ours, script), requests_per_second(bare, script)) for _ in range(ROUNDS)]
    return percentile([a / b for a, b in pairs], 0.5), pairs


def question_script(folder):
    """What makes wrk ask the question, of both servers."""
    path = pathlib.Path(folder) / "ask.lua"
    path.write_text(f"wrk.method = 'POST'\nwrk.body = '{json.dumps(QUESTION)}'\nwrk.headers['Content-Type'] = 'application/json'\n")
    return str(path)


def answer_once(server):
    status, answer = server.json("POST", "/api/v1/sync/payload", webhook(
        "create", "lamps", "Harbour lamps", "## Lighting\n\nThe harbour lamps are lit at dusk by the keeper.", "2025-01-01T00:00:00Z"))
    assert status == 200, answer
    server.wait_idle()
    status, answer = server.json("POST", "/api/v1/chat", QUESTION)
    assert status == 200 and "dusk" in answer["answer"], answer


def run():
    bare = subprocess.Popen([BUILD / "bare_beast"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"(\d+)\s*$", bare.stdout.readline()).group(1))
        with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing", *UNLIMITED) as server:
            rows = []
            for what, target in (("/health/live", "/health/live"), ("a cached small response, /ui/favicon.svg", "/ui/favicon.svg")):
                ratio, pairs = compare(server.url + target, f"http://127.0.0.1:{port}/")
                rows.append(row(f"{what}: requests/s as a share of bare Beast", round(ratio, 3), ">= 0.8", ratio >= 0.8,
                                pairs=[[round(a), round(b)] for a, b in pairs]))
            answer_once(server)
            ratio, pairs = compare(server.url + "/api/v1/chat", f"http://127.0.0.1:{port}/", question_script(folder))
            rows.append(row("a cached answer, /api/v1/chat: requests/s as a share of bare Beast", round(ratio, 3), ">= 0.5", ratio >= 0.5,
                            pairs=[[round(a), round(b)] for a, b in pairs]))
            return rows
    finally:
        bare.terminate()
        bare.wait(10)
