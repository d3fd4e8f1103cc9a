"""What the gate gets of a data set: held-out samples as the endpoint gets them, and the labels of a metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pilotlight.core.artifacts import Dataset, NamedArrays
from pilotlight.core.errors import DataError
from pilotlight.verification.reference import make_reference, measure_held_out
from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.signature import Signature, TensorSpec

X = np.linspace(-1, 1, 12).reshape(6, 2)
CLASSES = np.array([0, 1, 1, 0, 1, 1])
SIGNATURE = Signature(
    (TensorSpec("x", FP32, (-1, 2)), TensorSpec("word", BYTES, (-1,)), TensorSpec("count", INT64, (-1,))),
    (TensorSpec("price", FP32, (-1, 1)), TensorSpec("risk", FP32, (-1, 2))),
)
NAMED = {"count": np.arange(6, dtype=np.uint8), "word": np.array(list("abcdef")), "x": X}


def predict(inputs: NamedArrays) -> NamedArrays:
    """The risk is right for five of six samples; the price is exact."""
    assert {name: array.dtype.name for name, array in inputs.items()} == {
        "x": "float32",
        "word": "object",
        "count": "int64",
    }
    scores = np.eye(2, dtype=np.float32)[[0, 1, 1, 0, 1, 0]]
    return {"price": inputs["x"][:, :1], "risk": scores}


def measure(y: Any, metric: str, x: Any = NAMED) -> dict[str, float]:
    data = Dataset(x, y, x, y, source="made", fingerprint="")
    return measure_held_out(make_reference(predict, data, metric, SIGNATURE), metric)


def test_the_labels_of_a_mapping_belong_to_the_output_of_their_name() -> None:
    y = {"risk": CLASSES, "price": X[:, 0]}
    assert measure(y, "accuracy") == {"accuracy": pytest.approx(5 / 6)}
    assert measure(y, "r2")["r2"] == pytest.approx(1)
    assert measure({"risk": CLASSES}, "accuracy") == {"accuracy": pytest.approx(5 / 6)}
    assert measure({"price": X[:, 0]}, "accuracy") == {}


@pytest.mark.parametrize("y", [None, np.array(["a"] * 6), {"risk": np.array(["a"] * 6)}])
def test_without_labels_that_a_metric_takes_there_is_no_metric(y: Any) -> None:
    assert measure(y, "accuracy") == {}


def test_one_array_of_labels_is_for_all_outputs() -> None:
    assert measure(X[:, 0], "r2")["r2"] == pytest.approx(1)  # of price, the first of them
    assert measure(CLASSES, "") == {}


def test_frames_are_arrays_by_the_names_of_their_columns() -> None:
    pandas = pytest.importorskip("pandas", reason="the extra `tables` is not installed")
    one = Signature((TensorSpec("features", FP32, (-1, 2)),), SIGNATURE.outputs)
    frame = pandas.DataFrame(X, columns=["a", "b"])
    data = Dataset(frame, None, frame, pandas.DataFrame({"risk": CLASSES}), source="", fingerprint="")
    reference = make_reference(predict, data, "accuracy", one)
    np.testing.assert_array_equal(reference.inputs["features"], X.astype(np.float32))
    assert reference.measured == "risk"
    assert reference.labels is not None
    assert reference.labels.tolist() == CLASSES.tolist()


def test_samples_that_do_not_fit_are_named() -> None:
    with pytest.raises(DataError, match=r"x_test\['count'\]: holds 0.5 at \[0\] \(float64\), which INT64 cannot hold"):
        measure(None, "", {**NAMED, "count": np.full(6, 0.5)})
    with pytest.raises(DataError, match="x_test: is one array, and"):
        measure(None, "", X)
