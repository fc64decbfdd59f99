#!/usr/bin/env python3
"""Writes the int8 form of a BERT-family ONNX model: dynamic quantisation, weights as int8 per channel.

Usage: quantize_model.py MODEL.onnx MODEL.int8.onnx

The graph is then saved as ONNX Runtime rewrites it when it opens a model (fusions that hold for every processor), which
halves the time to open it and leaves the vectors as they are. Runs in the virtual environment of scripts/setup_pinned.py
(requirements-setup.txt). The output depends on the input and on the pinned package versions alone, so setup_pinned.py
pins its SHA-256.
"""
import logging
import os
import sys
import tempfile
from pathlib import Path


def quantize(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The advice to run ONNX Runtime's pre-processing is for convolutions and static quantisation.
    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)


def save_fused(source: Path, target: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        quantized = Path(folder) / "quantized.onnx"
        quantize(Path(sys.argv[1]), quantized)
        save_fused(quantized, Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    sys.exit(main())
