"""The function's handler. `model_handler(__file__, predict=...)` takes a function that prepares inputs or outputs."""

from pilotlight_runtime import model_handler

handler = model_handler(__file__)
