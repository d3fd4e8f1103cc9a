"""Data of any dtype trains, and both models answer on the values that an endpoint gets."""

from __future__ import annotations

import pytest
from support.project import write_model
from support.workflow_calls import train_model

from pilotlight.core.errors import TrainingError
from pilotlight.core.project import Project
from pilotlight.store import Store

TOML = """
kind = "KIND"
[[signature.inputs]]
name = "x"
datatype = "FP32"
shape = [-1, 4]
[[signature.outputs]]
name = "y"
datatype = "FP32"
shape = [-1, OUTPUTS]
[training]
data = "made"
metric = ""
"""
LOAD = """
import numpy as np
from pilotlight import Dataset

def load(run):
    x = np.abs(np.random.default_rng(1).normal(size=(400, 4))) * 50
    y = x[:, 0]
    SPOIL
    return Dataset(x[:200], y[:200], x[200:], y[200:], source=run.source, fingerprint="0" * 64)
"""
ESTIMATORS = {
    "KMeans": "from sklearn.cluster import KMeans\nmodel = KMeans(3, n_init=1, random_state=0)\n",
    "trees": "from sklearn.ensemble import GradientBoostingRegressor\n"
    "model = GradientBoostingRegressor(n_estimators=20, random_state=0)\n",
    "linear": "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression()\n",
}
FIT = "def train(data, run):\n    return model.fit(data.x_train, data.y_train)\n"
KERAS = """
import keras

def train(data, run):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(data.x_train, data.y_train, verbose=0)
    return model
"""
DTYPES = ("float64", "float32", "float16", "int64", "uint8")
CASTS = {**{dtype: f"x = x.astype(np.{dtype})" for dtype in DTYPES}, "bool": "x = x > 25"}


def write(project: Project, kind: str, outputs: int, spoil: str, train: str) -> None:
    toml = TOML.replace("KIND", kind).replace("OUTPUTS", str(outputs))
    write_model(project, "any", {"model.toml": toml, "train.py": LOAD.replace("SPOIL", spoil) + train})


@pytest.mark.parametrize("dtype", CASTS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_estimator_is_fitted_on_any_numbers(project: Project, store: Store, estimator: str, dtype: str) -> None:
    outputs = 3 if estimator == "KMeans" else 1
    write(project, "sklearn", outputs, CASTS[dtype], ESTIMATORS[estimator] + FIT)
    assert train_model(project, "any", store=store).parity.samples == 200


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_numbers_is_one_matrix(project: Project, store: Store, library: str) -> None:
    pytest.importorskip(library, reason="the extra `tables` is not installed")
    spoil = f"import {library}; x = {library}.DataFrame(x.astype(np.float32)); y = {library}.Series(y)"
    train = (
        ESTIMATORS["linear"] + "def train(data, run):\n    return model.fit(data.x_train.to_numpy(), data.y_train)\n"
    )
    write(project, "sklearn", 1, spoil, train)
    assert train_model(project, "any", store=store).parity.samples == 200


@pytest.mark.parametrize("dtype", CASTS)
def test_a_network_is_fitted_on_any_numbers(project: Project, store: Store, dtype: str) -> None:
    write(project, "keras", 1, CASTS[dtype], KERAS)
    result = train_model(project, "any", store=store)
    assert result.parity.samples == 200
    assert result.metrics["loss"] > 0


def test_a_network_is_measured_on_rows_in_lists(project: Project, store: Store) -> None:
    train = KERAS.replace("data.x_train, data.y_train", "np.array(data.x_train), np.array(data.y_train)")
    write(project, "keras", 1, "x, y = x.tolist(), y.tolist()", train)
    assert train_model(project, "any", store=store).metrics["loss"] > 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("x = x.astype(object)", r"load returned x_train, which holds Python objects .*\.astype\(np.float32\)"),
        ("x = x.astype(str)", "load returned x_train, which holds texts"),
        ("x = [row[: 3 + index % 2] for index, row in enumerate(x)]", "x_train, which has rows of different lengths"),
        ("y[150] = np.nan", "y_train, which has a blank"),
        ("x[250, 1] = np.nan", "loss is nan: x_test holds NaN, the first in sample 50. Replace these values"),
    ],
)
def test_data_that_no_network_takes_is_named(project: Project, store: Store, spoil: str, message: str) -> None:
    write(project, "keras", 1, spoil, KERAS)
    with pytest.raises(TrainingError, match=message):
        train_model(project, "any", store=store)
