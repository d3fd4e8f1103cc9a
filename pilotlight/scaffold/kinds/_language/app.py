"""The function's handler: it answers as OpenAI's API does, and as the Open Inference Protocol says."""

from pilotlight_runtime import language_handler

handler = language_handler(__file__)
