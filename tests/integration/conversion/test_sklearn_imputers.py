"""Imputers: ONNX Runtime fills blanks as scikit-learn does, or the model is refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  (it enables IterativeImputer)
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from support.column_models import (
    ADAPTER,
    DATATYPES,
    FRAME,
    SIZE,
    TARGET,
    convert,
    encode,
    name_arrays,
    sign,
)

from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

CONTINUOUS = ["age", SIZE, "weight"]


def make_numbers() -> Any:
    """FRAME with more blanks, and columns of objects that are numbers."""
    draw = np.random.default_rng(5)
    frame = FRAME.assign(weight=draw.normal(70, 9, len(FRAME)))
    for column in CONTINUOUS:
        frame.loc[draw.random(len(frame)) < 0.2, column] = np.nan
    frame["price"] = pd.Series([np.nan if row % 9 == 0 else row % 5 for row in range(len(frame))], dtype=object)
    frame["rank"] = pd.Series([None if row % 9 == 0 else row % 5 for row in range(len(frame))], dtype=object)
    return frame


NUMBERS = make_numbers()
KINDS = {**DATATYPES, "weight": FP32, "price": FP32, "rank": FP32}
WORDS = ("w", encode(), ["sex"])


def fill(imputer: Any, columns: list[str]) -> Any:
    return make_pipeline(ColumnTransformer([("n", imputer, columns), WORDS]), LogisticRegression(max_iter=500))


def declare(columns: list[str]) -> Signature:
    return Signature(tuple(TensorSpec(name, KINDS[name], (-1,)) for name in columns), sign([]).outputs)


MODELS: dict[str, tuple[Any, list[str]]] = {
    "the constant 0": (SimpleImputer(strategy="constant", fill_value=0), ["age"]),
    "the default constant": (SimpleImputer(strategy="constant"), ["age"]),
    "a constant with a fraction": (SimpleImputer(strategy="constant", fill_value=-0.5), ["age", "siblings"]),
    "a constant of whole numbers": (SimpleImputer(strategy="constant", fill_value=np.int64(3)), ["siblings"]),
    "a constant before a scaler": (
        make_pipeline(SimpleImputer(strategy="constant", fill_value=0), StandardScaler()),
        ["age", "siblings"],
    ),
    "another missing value": (SimpleImputer(missing_values=0, strategy="mean"), ["siblings"]),
    "objects, most frequent": (SimpleImputer(strategy="most_frequent"), ["price"]),
    "objects, a constant": (SimpleImputer(strategy="constant", fill_value=0), ["price"]),
    "objects with None": (SimpleImputer(missing_values=None, strategy="most_frequent"), ["rank"]),
    "an indicator": (SimpleImputer(add_indicator=True), ["age", SIZE, "siblings"]),
    "a constant with an indicator": (SimpleImputer(strategy="constant", fill_value=0, add_indicator=True), ["age"]),
    "nearest donors": (KNNImputer(n_neighbors=3), CONTINUOUS),
    "nearest donors, by distance": (KNNImputer(weights="distance", add_indicator=True), CONTINUOUS),
    "iterations": (IterativeImputer(random_state=0, add_indicator=True), [*CONTINUOUS, "siblings"]),
    "iterations of trees": (
        IterativeImputer(DecisionTreeRegressor(max_depth=3, random_state=0), random_state=0, max_iter=2),
        CONTINUOUS,
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MODELS)
def test_numbers_are_filled_as_scikit_learn_fills_them(tmp_path: Path, name: str) -> None:
    imputer, columns = MODELS[name]
    model = fill(imputer, columns).fit(NUMBERS[[*columns, "sex"]], TARGET)
    signature = declare([*columns, "sex"])
    session = convert(model, signature, tmp_path)
    inputs = name_arrays(NUMBERS[[*columns, "sex"]], signature)
    expected = ADAPTER.predict(model, inputs, signature)["probabilities"]
    np.testing.assert_allclose(session.run(None, inputs)[0], expected, atol=1e-5)
    np.testing.assert_allclose(expected, model.predict_proba(NUMBERS[[*columns, "sex"]]), atol=1e-5)


@pytest.mark.parametrize("imputer", [KNNImputer(), KNNImputer(weights="distance"), IterativeImputer()], ids=str)
def test_a_sample_without_any_value_is_filled(tmp_path: Path, imputer: Any) -> None:
    model = fill(imputer, CONTINUOUS).fit(NUMBERS[[*CONTINUOUS, "sex"]], TARGET)
    signature = declare([*CONTINUOUS, "sex"])
    session = convert(model, signature, tmp_path)
    blank = {name: np.full(1, np.nan, np.float32) for name in CONTINUOUS} | {"sex": np.array(["m"], object)}
    expected = ADAPTER.predict(model, blank, signature)["probabilities"]
    np.testing.assert_allclose(session.run(None, blank)[0], expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("imputer", "columns", "message"),
    [
        (KNNImputer(), ["age", "siblings"], "KNNImputer answers from fitted samples that are equally near"),
        (KNNImputer(), ["siblings", "id"], "KNNImputer answers from fitted samples that are equally near"),
        (KNNImputer(weights=lambda distances: 1 / (distances + 1)), ["age"], "KNNImputer converts with metric="),
        (IterativeImputer(sample_posterior=True), CONTINUOUS, "IterativeImputer draws its answers at random"),
    ],
)
def test_an_imputer_without_an_equal_graph_is_named(
    tmp_path: Path, imputer: Any, columns: list[str], message: str
) -> None:
    model = fill(imputer, columns).fit(NUMBERS[[*columns, "sex"]], TARGET)
    with pytest.raises(ConversionError, match=message) as caught:
        convert(model, declare([*columns, "sex"]), tmp_path)
    assert "\n" not in str(caught.value)
    assert "NotConvertible" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
@pytest.mark.parametrize("imputer", [SimpleImputer(), SimpleImputer(strategy="median"), KNNImputer()], ids=str)
@pytest.mark.parametrize("place", ["a column transformer", "a pipeline"])
def test_a_column_without_a_value_is_named(imputer: Any, place: str, tmp_path: Path) -> None:
    frame = FRAME[["siblings", "age"]].assign(age=np.nan)
    steps = make_pipeline(imputer, StandardScaler())
    first = ColumnTransformer([("numbers", steps, ["siblings", "age"])]) if place == "a column transformer" else steps
    model = make_pipeline(first, LogisticRegression()).fit(frame, TARGET)
    with pytest.raises(ConversionError, match=r"x_train in train.py: has the column 'age', which holds no value"):
        convert(model, sign(["siblings", "age"]), tmp_path)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
def test_a_column_without_a_value_is_counted_in_an_array(tmp_path: Path) -> None:
    matrix = FRAME[["siblings", "age"]].assign(age=np.nan).to_numpy()
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(matrix, TARGET)
    signature = Signature((TensorSpec("x", FP32, (-1, 2)),), sign([]).outputs)
    with pytest.raises(ConversionError, match="has the column 1, which holds no value"):
        convert(model, signature, tmp_path)
