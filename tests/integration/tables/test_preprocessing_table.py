"""A sample of the table of preprocessing layers. `make tables` makes all of it."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from benchmarks.tables.case import REFUSED, WORKS, run_case
from benchmarks.tables.preprocessing import list_cases

CASES = {case.name: case for case in list_cases()}
SAMPLE = (
    "StringLookup(output_mode='one_hot')",
    "TextVectorization(output_sequence_length=4)",
    "TextVectorization(standardize=function, split=function)",
    "Discretization(output_mode='int')",
    "Resizing(interpolation='area')",
    "STFTSpectrogram(mode='log')",
    "words, numbers and ids in one model",
    "FeatureSpace",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_layer_answers_as_in_keras(name: str, tmp_path: Path) -> None:
    outcome = run_case(CASES[name], tmp_path)
    assert outcome.status == WORKS, outcome.detail


def test_a_refusal_names_the_layer_and_the_way(tmp_path: Path) -> None:
    outcome = run_case(CASES["HashedCrossing"], tmp_path)
    assert outcome.status == REFUSED
    assert "layer 'hashed_crossing'" in outcome.detail
    assert "docs/add-a-model.md" in outcome.detail


def test_the_table_has_every_preprocessing_layer() -> None:
    """A new version of Keras may bring one."""
    names = {name.split("(")[0].split(" ")[0] for name in CASES}
    public = {
        name
        for name in dir(keras.layers)
        if ".preprocessing." in getattr(getattr(keras.layers, name), "__module__", "")
    }
    assert public - names == set()
