"""Preprocessing layers of Keras inside a model, with words that make trouble.

layer_case.py  a model around a layer, as a row
samples.py     texts and a vocabulary
words.py       words and categories
numbers.py     numbers and identifiers
signals.py     images and sound
models.py      models of several layers
"""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.tables.case import Case
from benchmarks.tables.preprocessing.layer_case import try_build
from benchmarks.tables.preprocessing.models import list_models
from benchmarks.tables.preprocessing.numbers import list_numbers
from benchmarks.tables.preprocessing.signals import list_images, list_sounds
from benchmarks.tables.preprocessing.words import list_words

PACKAGES: Final = ("keras", "tensorflow-cpu", "tf2onnx")


def list_cases() -> list[Case]:
    """Return the rows."""
    groups = {
        "words": list_words(),
        "numbers": list_numbers(),
        "images": list_images(),
        "sound": list_sounds(),
        "whole models": list_models(),
    }
    return [
        Case(group, name, partial(try_build, build, inputs))
        for group, cases in groups.items()
        for name, build, inputs in cases
    ]
