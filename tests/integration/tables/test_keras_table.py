"""A sample of the tables of Keras, and that each public name is a row or is left out for a reason."""

from pathlib import Path

import keras
import pytest

from benchmarks.tables import applications, keras_layers, keras_ops
from benchmarks.tables import keras as table
from benchmarks.tables.case import NOTE, REFUSED, WORKS, Case, run_case

CASES = {f"{case.group}: {case.name}": case for case in table.list_cases()}
WORKING = (
    "layers: Activation",
    "layers: MultiHeadAttention",
    "layers: Masking",
    "options of layers: Conv2D(groups=4)",
    "options of layers: GRU(activation='gelu')",
    "activations: celu",
    "ops: argmax",
    "ops: nanvar",
    "ops: rfft",
    "ops: histogram",
    "ops: image.resize",
)


@pytest.mark.parametrize("name", WORKING)
def test_a_row_works(name: str, tmp_path: Path) -> None:
    outcome = run_case(CASES[name], tmp_path)
    assert outcome.status in {WORKS, NOTE}, outcome.detail


def test_a_row_without_a_form_in_onnx_is_refused(tmp_path: Path) -> None:
    outcome = run_case(CASES["ops: svd"], tmp_path)
    assert outcome.status == REFUSED
    assert "apply: Svd has no form in ONNX" in outcome.detail


def test_every_public_name_is_a_row_or_left_out() -> None:
    assert set(keras_ops.list_names()) <= set(keras_ops.RECIPES)
    assert set(keras_layers.list_names()) <= set(keras_layers.RECIPES)
    assert set(keras_layers.LEFT_OUT) <= set(dir(keras.layers))
    assert set(keras_ops.LEFT_OUT) <= set(dir(keras.ops))


def test_a_small_application_works(tmp_path: Path) -> None:
    cases: dict[str, Case] = {case.name: case for case in applications.list_cases()}
    outcome = run_case(cases["MobileNetV3Small"], tmp_path)
    assert outcome.status == WORKS, outcome.detail
