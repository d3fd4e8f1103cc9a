"""Pilotlight: train on GPUs, serve from functions that cost nothing while idle."""

from typing import Final

__version__: Final = "0.1.0"
