"""The modules that the repository's models keep beside their train.py."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

from pilotlight.core.model_code import ModelCode

FUNCTIONS = Path(__file__).parents[2] / "functions"


@cache
def _code(model: str) -> ModelCode:
    return ModelCode(FUNCTIONS / model)


def training_module(model: str, name: str) -> Any:
    """The module `training.NAME` of a model, the same object each time."""
    with _code(model).active():
        return importlib.import_module(f"training.{name}")
