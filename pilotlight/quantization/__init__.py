"""Quantization: weights, and the values that are multiplied by them, become 8-bit integers before the gate.

quantize.py     a candidate becomes a quantized candidate
calibration.py  the training samples that static quantization measures
graph.py        one graph, quantized by ONNX Runtime's quantizer
"""

from pilotlight.quantization.calibration import select_calibration_samples
from pilotlight.quantization.quantize import quantize

__all__ = ["quantize", "select_calibration_samples"]
