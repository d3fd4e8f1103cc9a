"""Preprocessing inside Keras models: words, tables, counts and buckets as ONNX operators."""

from pilotlight.conversion.tensorflow.preprocessing.rewrite import PreprocessingRewriter

__all__ = ["PreprocessingRewriter"]
