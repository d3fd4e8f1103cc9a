"""Serves the embeddings model: OpenAI's embeddings, and texts of the Open Inference Protocol."""

from pilotlight_runtime import language_handler

handler = language_handler(__file__)
