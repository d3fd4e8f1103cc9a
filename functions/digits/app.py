"""Serves the digits network: tensors in, tensors out, pictures too where model.toml describes them."""

from pilotlight_runtime import model_handler

handler = model_handler(__file__)
