"""Retrieval quality on public test sets, through `wellspring eval`."""
from common import BINARY, DATA, row, run_json


def evaluate(folder, *flags):
    return run_json([BINARY, "eval", DATA / folder, "--json", *flags])


def run():
    rows = []

    def measure(what, folder, key, target, met, *flags):
        result = evaluate(folder, *flags)
        value = round(result[key], 4)
        rows.append(row(what, value, target, met(value), result=result, flags=list(flags)))
        return value

    measure("SciFact bm25 nDCG@10", "scifact", "ndcg10", ">= 0.675", lambda v: v >= 0.675, "--mode", "bm25")
    measure("SciFact dense --whole fp32 nDCG@10", "scifact", "ndcg10", "0.64 to 0.66", lambda v: 0.64 <= v <= 0.66, "--mode", "dense", "--whole",
                   "--model-form", "fp32")
    measure("SciFact dense --whole int8 nDCG@10", "scifact", "ndcg10", "0.64 to 0.66", lambda v: 0.64 <= v <= 0.66, "--mode", "dense", "--whole")
    int8 = measure("SciFact hybrid nDCG@10, as the product indexes", "scifact", "ndcg10", ">= 0.73", lambda v: v >= 0.73)
    full = measure("SciFact hybrid fp32 nDCG@10", "scifact", "ndcg10", ">= 0.73", lambda v: v >= 0.73, "--model-form", "fp32")
    rows.append(row("SciFact hybrid int8 less fp32", round(int8 - full, 4), ">= -0.005", int8 - full >= -0.005))
    measure("chunking-eval hybrid R@5", "chunking-eval", "recall5", ">= 0.88", lambda v: v >= 0.88)
    return rows
