"""The function's handler. `predict_finite` refuses NaN and infinity; a `predict` of your own may do more."""

from pilotlight_runtime import model_handler, predict_finite

handler = model_handler(__file__, predict=predict_finite)
