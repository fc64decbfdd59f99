"""The exact scan of 100,000 vectors as a share of the machine's streaming read bandwidth; costs of search, publish and load in the index alone."""
from common import BUILD, DATA, row, run_json_lines


def run():
    lines = run_json_lines([BUILD / "index_bench", DATA / "scifact", "load", "vectors", "search", "publish"])
    scans = [one for one in lines if one["benchmark"] == "vector_scan"]
    best = max(scans, key=lambda one: one["gb_per_s"])
    rows = [row(f"vector scan ({best['kernel']}), share of streaming bandwidth", best["share"], ">= 0.8", best["share"] >= 0.8, kernels=scans)]
    for one in lines:
        if one["benchmark"] == "search":
            rows.append(row(f"search alone, {one['mode']}, {one['chunks']} chunks, p50 ms", one["p50_ms"], "reported", True, **one))
        elif one["benchmark"] == "publish":
            rows.append(row(f"index.replace of ten chunks among {one['articles']} articles, p95 ms", one["p95_ms"], "reported", True, **one))
        elif one["benchmark"] == "load":
            rows.append(row(f"index.load of 10,000 chunks, {one['threads']} threads, ms", one["ms"], "reported", True, **one))
    return rows
