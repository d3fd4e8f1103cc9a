"""Quantisation: weights, and what is multiplied with them, become whole numbers of 8 bits, before the gate.

quantize.py     candidate in, candidate out
samples.py      training samples as calibration wants them
integers.py     one graph, by ONNX Runtime's own quantiser
"""

from pilotlight.quantization.quantize import quantize
from pilotlight.quantization.samples import calibration_samples

__all__ = ["calibration_samples", "quantize"]
