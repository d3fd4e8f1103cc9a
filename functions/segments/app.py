"""Serves the model segments: finite numbers in, tensors out."""

from pilotlight_runtime import model_handler, predict_finite

handler = model_handler(__file__, predict=predict_finite)
