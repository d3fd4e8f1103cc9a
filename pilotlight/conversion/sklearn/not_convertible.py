"""What a converter raises inside of skl2onnx. graph.py makes a ConversionError of it."""

from __future__ import annotations


class NotConvertible(Exception):
    """An estimator, or a setting of it, has no ONNX form here.

    The message names the estimator and what converts instead.
    """
