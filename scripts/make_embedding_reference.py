#!/usr/bin/env python3
"""Writes what Python's ONNX Runtime and `tokenizers` make of a few texts, for onnx_embedder_test.

Usage: make_embedding_reference.py MODEL_FOLDER OUT.json

Needs requirements-setup.txt and requirements-vectors.txt. Each text is run alone, cut at 256 pieces, averaged over its
pieces and scaled to length 1; values are rounded to five decimals.
"""
import json
import os
import sys
from pathlib import Path

MAX_PIECES = 256
TEXTS = [
    "How many connections does the pool hold at rest?",
    "At rest the pool keeps twenty-five connections and opens no more.",
    "Le caf\u00e9 est servi \u00e0 huit heures dans le jardin.",
    "",
    "The editor publishes an article. " * 80,
]


def embed(session, tokenizer, text):
    import numpy as np

    ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
    ones = np.ones_like(ids)
    feeds = {"input_ids": ids, "attention_mask": ones, "token_type_ids": ones * 0}
    states = session.run(None, feeds)[0][0]
    mean = states.mean(axis=0, dtype=np.float64)
    return [round(float(x), 5) for x in mean / np.linalg.norm(mean)]


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    import onnxruntime
    from tokenizers import Tokenizer

    folder = Path(sys.argv[1])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_PIECES)
    tokenizer.no_padding()
    rows = [{"text": text} for text in TEXTS]
    for form, file in (("fp32", "model.onnx"), ("int8", "model.int8.onnx")):
        session = onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])
        for row in rows:
            row[form] = embed(session, tokenizer, row["text"])
    Path(sys.argv[2]).write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
    return 0


if __name__ == "__main__":
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    sys.exit(main())
