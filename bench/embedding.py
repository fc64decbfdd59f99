"""Embedding beside bare ONNX Runtime on ideal batches, both forms of the model."""
from common import BUILD, row, run_json


def run():
    rows = []
    for form in ("int8", "fp32"):
        report = run_json([BUILD / "embed_bench", "--form", form, "--json"])
        share = report["document"]["share_of_bare"]
        rows.append(row(f"{form}: documents, share of bare ONNX Runtime", round(share, 3), ">= 0.9", share >= 0.9, **report))
    return rows
