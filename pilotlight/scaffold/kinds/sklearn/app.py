"""The function's handler. `predict_finite` refuses NaN and infinity; a `predict` of your own may do more."""

from pilotlight_runtime.finite import predict_finite
from pilotlight_runtime.handler import model_handler

handler = model_handler(__file__, predict=predict_finite)
