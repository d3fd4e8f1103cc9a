"""Quantisation: weights, and what is multiplied with them, become whole numbers of 8 bits, before the gate.

quantize.py     candidate in, candidate out
samples.py      training samples as calibration wants them
integers.py     one graph, by ONNX Runtime's own quantiser
"""

from pilotlight.quantization.calibration import select_calibration_samples
from pilotlight.quantization.quantize import quantize

__all__ = ["quantize", "select_calibration_samples"]
