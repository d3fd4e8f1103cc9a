"""Serves the assistant model: OpenAI's chat and completions, and texts of the Open Inference Protocol."""

from pilotlight_runtime import language_handler

handler = language_handler(__file__)
