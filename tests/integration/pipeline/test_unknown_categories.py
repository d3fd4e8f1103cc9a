"""Values that an encoder of scikit-learn has not seen in training and forbids: the caller is told the column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from support.handler_calls import INFER, PREDICT, Called
from support.onnx_models import package

from pilotlight.conversion.input_ranges import find_input_ranges
from pilotlight.conversion.sklearn.adapter import SklearnAdapter
from pilotlight.core.artifacts import Candidate
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BYTES, FP32, FP64, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

KINDS: dict[str, Datatype] = {"sex": BYTES, "class": INT64, "dose": FP32, "rate": FP64, "city": BYTES, "port": BYTES}
CITIES = [f"city number {number:04}" for number in range(200)]
KNOWN = {"sex": "f", "class": 3, "dose": 0.1, "rate": 0.1, "city": CITIES[7], "port": "?"}


def serve(model: Any, signature: Signature, folder: Path) -> Called:
    SklearnAdapter().export(model, ModelConfig("tiny", "sklearn", signature=signature), folder)
    ranges = find_input_ranges(Candidate(folder, signature), {})
    package(folder, (folder / "model.onnx").read_bytes(), signature, ranges=ranges)
    return Called(folder)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Called:
    draw = np.random.default_rng(5)
    count = 600
    frame = pd.DataFrame(
        {
            "sex": draw.choice(["f", "m"], count),
            "class": draw.choice([1, 3], count),
            "dose": draw.choice([0.1, 2.5, np.nan], count).astype(np.float32),
            "rate": draw.choice([0.1, 0.2], count),
            "city": [CITIES[number % 200] for number in range(count)],
            "port": draw.choice(["x", "y"], count),
        }
    )
    steps = [
        ("words", OneHotEncoder(), ["sex", "class", "city"]),
        ("numbers", OrdinalEncoder(encoded_missing_value=-1), ["dose", "rate"]),
        ("open", OneHotEncoder(handle_unknown="ignore"), ["port"]),
    ]
    model = make_pipeline(ColumnTransformer(steps), LogisticRegression()).fit(frame, frame["sex"] == "f")
    inputs = tuple(TensorSpec(name, kind, (-1, 1)) for name, kind in KINDS.items())
    signature = Signature(inputs, (TensorSpec("probabilities", FP32, (-1, 2)),))
    return serve(model, signature, tmp_path_factory.mktemp("table"))


def predict(called: Called, *rows: dict[str, Any]) -> tuple[int, str]:
    answer = called.post(PREDICT, {"instances": list(rows)})
    return answer.status, answer.head.get("error", "")


@pytest.mark.parametrize("known", [{}, {"dose": float("nan")}, {"dose": 2.5, "rate": 0.2}, {"class": 1, "port": ""}])
def test_known_categories_are_answered(table: Called, known: dict[str, Any]) -> None:
    assert predict(table, KNOWN, {**KNOWN, **known}) == (200, "")


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        (
            {"sex": "x"},
            "the model refuses this input; instances[1]['sex'] is 'x', which is not among the categories",
        ),
        ({"sex": ""}, "instances[1]['sex'] is '', which is not among the categories of training: 'f', 'm'"),
        ({"class": 2}, "instances[1]['class'] is 2, which is not among the categories of training: 1, 3"),
        ({"dose": 0.3}, "instances[1]['dose'] is 0.3"),
        ({"rate": float("nan")}, "instances[1]['rate'] is nan, which is not among the categories of training: 0.1"),
        ({"city": "nowhere"}, "input 'city' takes only the categories of training; the inputs are"),
        ({"sex": "x", "class": 2}, "'f', 'm'; instances[1]['class'] is 2"),
    ],
)
def test_an_unknown_category_is_named_with_its_column(table: Called, unknown: dict[str, Any], message: str) -> None:
    status, text = predict(table, KNOWN, {**KNOWN, **unknown})
    assert status == 400
    assert message in text


def test_the_other_protocol_names_the_element(table: Called) -> None:
    inputs = [
        {
            "name": name,
            "datatype": kind.name,
            "shape": [2, 1],
            "data": [KNOWN[name], "x" if name == "sex" else KNOWN[name]],
        }
        for name, kind in KINDS.items()
    ]
    answer = table.post(INFER, {"inputs": inputs})
    assert answer.status == 400
    assert "; input 'sex': data[1] is 'x', which is not among the categories of training" in answer.head["error"]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Called:
    draw = np.random.default_rng(5)
    words = np.stack([draw.choice(["f", "m"], 90), draw.choice(["x", "y", "z"], 90)], axis=1).astype(object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(words, words[:, 0] == "f")
    signature = Signature((TensorSpec("words", BYTES, (-1, 2)),), (TensorSpec("probabilities", FP32, (-1, 2)),))
    return serve(model, signature, tmp_path_factory.mktemp("matrix"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["x", "x"], "instances[1][0] is 'x', which is not among the categories of training: 'f', 'm'"),
        (["m", "f"], "instances[1][1] is 'f', which is not among the categories of training: 'x', 'y', 'z'"),
    ],
)
def test_a_column_of_a_matrix_is_named(matrix: Called, row: list[str], message: str) -> None:
    answer = matrix.post(PREDICT, {"instances": [["f", "z"], row]})
    assert answer.status == 400
    assert message in answer.head["error"]
