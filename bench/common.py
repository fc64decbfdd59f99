"""What the benchmark drivers share: where things are, percentiles, result files."""
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
BINARY = BUILD / "wellspring"
# For `wellspring serve`: one client asks more than visitors may.
UNLIMITED = ("--rate-limit-per-minute", "0", "--rate-limit-per-hour", "0", "--global-rate-limit", "off")
DATA = (ROOT / ".." / "shared" / "data").resolve()
RESULTS = ROOT / "bench" / "results"
sys.path.insert(0, str(ROOT / "tests" / "functional"))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary_ms(seconds):
    return {"n": len(seconds), "p50_ms": round(percentile(seconds, 0.50) * 1e3, 3), "p95_ms": round(percentile(seconds, 0.95) * 1e3, 3),
            "p99_ms": round(percentile(seconds, 0.99) * 1e3, 3), "max_ms": round(max(seconds) * 1e3, 3)}


def run_json(command, **options):
    """Runs a program and parses its last line; its standard error goes to ours."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, **options)
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_json_lines(command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True, **options)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return {"cpu": model, "processors": os.cpu_count(), "system": platform.freedesktop_os_release()["PRETTY_NAME"], "architecture": platform.machine()}


def commit():
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.strip()
    return git("rev-parse", "--short", "HEAD") + ("+changes" if git("status", "--porcelain", "--", ":!bench/results") else "")


def save(name, rows):
    """Writes bench/results/NAME.json and prints each row against its target."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    document = {"command": f"python3 bench/run.py {name}", "commit": commit(), "machine": machine(), "rows": rows}
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    for row in rows:
        print(f"  {row['what']:<66} {row['value']:>10}  target {row['target']:<14} {'ok' if row['met'] else 'MISSED'}", flush=True)


def row(what, value, target, met, **details):
    return {"what": what, "value": value, "target": target, "met": bool(met), **details}
