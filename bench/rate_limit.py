"""What a rate limit costs: one check, and a refused question over HTTP beside the smallest answer there is."""
import re
import subprocess

from common import BINARY, BUILD, percentile, row, run_json_lines
from server import Server, temporary_folder

ROUNDS = 5
SECONDS = 3
CHECK_NS = 1_000
QUESTION = '{"query":"When are the harbour lamps lit?"}'
POST = f"""wrk.method = "POST"
wrk.body = '{QUESTION}'
wrk.headers["Content-Type"] = "application/json"
"""


def wrk(url, script=None):
    """Requests a second, and how many of all were answered with an error."""
    command = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", *(["-s", script] if script else []), url]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), int(errors.group(1)) if errors else 0


def run():
    rows = [row(f"a check, ns: {result['what']}", result["ns"], f"<= {CHECK_NS}", result["ns"] <= CHECK_NS,
                **{name: result[name] for name in ("refused", "clients", "moments")})
            for result in run_json_lines([BUILD / "rate_limit_bench"])]
    with temporary_folder() as folder, Server(BINARY, folder, "--embedder", "hashing", "--rate-limit-per-minute", "1") as server:
        script = f"{folder}/question.lua"
        with open(script, "w") as file:
            file.write(POST)
        pairs, errors = [], 0
        for _ in range(ROUNDS):
            refused, refusals = wrk(server.url + "/api/v1/chat", script)
            pairs.append((refused, wrk(server.url + "/health/live")[0]))
            errors += refusals
    ratio = percentile([refused / live for refused, live in pairs], 0.5)
    rows.append(row("a refused question, requests/s as a share of /health/live", round(ratio, 3), ">= 0.4", ratio >= 0.4 and errors > 0,
                    pairs=[[round(a), round(b)] for a, b in pairs], refused=errors))
    return rows
