#!/usr/bin/env python3
"""Writes the int8 form of a BERT-family ONNX model: dynamic quantisation, weights as int8 per channel.

Usage: quantize_model.py MODEL.onnx MODEL.int8.onnx

Runs in the virtual environment of scripts/setup_pinned.py (requirements-setup.txt). The output depends on the
input and on the pinned package versions alone, so setup_pinned.py pins its SHA-256.
"""
import logging
import sys
from pathlib import Path


def quantize(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The advice to run ONNX Runtime's pre-processing is for convolutions and static quantisation.
    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    quantize(Path(sys.argv[1]), Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
