"""BM25 top-10 against Tantivy on the same corpus and queries, one thread each, in turn."""
import sys

from common import BUILD, DATA, ROOT, percentile, row, run_json, run_json_lines

ROUNDS = 5


def run():
    folder = DATA / "scifact"
    pairs = []
    for _ in range(ROUNDS):
        ours = next(one for one in run_json_lines([BUILD / "index_bench", folder, "lexical"]) if one["benchmark"] == "bm25_top10")
        theirs = run_json([sys.executable, ROOT / "bench" / "compare_tantivy.py", folder])
        pairs.append((ours["qps"], theirs["qps"]))
    ratio = percentile([a / b for a, b in pairs], 0.5)
    return [row("BM25 top-10 queries/s over Tantivy's", round(ratio, 2), ">= 1.5", ratio >= 1.5, pairs_qps=pairs, package=theirs["package"], ours=ours)]
