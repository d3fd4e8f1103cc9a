"""Serves the model tumor: finite numbers in, tensors out."""

from pilotlight_runtime.finite import predict_finite
from pilotlight_runtime.handler import model_handler

handler = model_handler(__file__, predict=predict_finite)
