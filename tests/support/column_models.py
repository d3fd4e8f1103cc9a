"""A frame of people with columns of every datatype, and what tests of models that were fitted on it need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pilotlight.conversion.sklearn.adapter import SklearnAdapter
from pilotlight.core.artifacts import NamedArrays
from pilotlight.core.frames import read_columns
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import BOOL, BYTES, FP32, INT64, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

pd = pytest.importorskip("pandas", reason="frames need the extra `tables`")

DATATYPES: dict[str, Datatype] = {
    "siblings": INT64,
    "age": FP32,
    "id": INT64,
    "sex": BYTES,
    "port": BYTES,
    "deck": BYTES,
    "member": BOOL,
    "note": BYTES,
    "Größe (m) / x": FP32,
}
SIZE = "Größe (m) / x"
ADAPTER = SklearnAdapter()


def make_frame(count: int = 240) -> Any:
    draw = np.random.default_rng(3)
    words = ["ein", "gute", "über", "Film", "é", "x1", "CAPS"]
    frame = pd.DataFrame(
        {
            "siblings": draw.integers(0, 4, count),
            "age": draw.normal(30, 9, count).astype(np.float32),
            "id": draw.choice([2**40, 2**40 + 1, 5], count),
            "sex": pd.Series(draw.choice(["m", "f", ""], count), dtype=object),
            "port": pd.Series([name or np.nan for name in draw.choice(["x", "y", ""], count)], dtype=object),
            "deck": pd.Series([name or None for name in draw.choice(["x", "y", ""], count)], dtype=object),
            "member": draw.random(count) < 0.5,
            "note": pd.Series([" ".join(draw.choice(words, 4)) for _ in range(count)], dtype=object),
            SIZE: draw.normal(size=count).astype(np.float32),
        }
    )
    frame.loc[::7, "age"] = np.nan
    return frame


FRAME = make_frame()
TARGET = ((FRAME["sex"] == "f") ^ (FRAME["siblings"] > 2)).astype(int).to_numpy()


def sign(columns: list[str], shape: tuple[int, ...] = (-1,)) -> Signature:
    inputs = tuple(TensorSpec(name, DATATYPES[name], shape) for name in columns)
    return Signature(inputs, (TensorSpec("probabilities", FP32, (-1, 2)),))


def convert(model: Any, signature: Signature, folder: Path) -> Any:
    ADAPTER.export(model, ModelConfig("people", "sklearn", signature=signature), folder)
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def name_arrays(frame: Any, signature: Signature) -> dict[str, Any]:
    columns = read_columns(frame, "x")
    rank = len(signature.inputs[0].shape)
    return {
        spec.name: columns[spec.name].astype(spec.datatype.numpy).reshape((-1,) + (1,) * (rank - 1))
        for spec in signature.inputs
    }


def surprise(arrays: dict[str, Any]) -> NamedArrays:
    """The samples with unknown categories, unknown texts and blanks in their first rows."""
    for name, array in arrays.items():
        if DATATYPES[name] is BYTES:
            array[:4] = np.array(["new", "ÜBER Film", "", "a"], dtype=object).reshape(4, *array.shape[1:])
    if "id" in arrays:
        arrays["id"][0] = 7
    return arrays


def scale() -> Any:
    return make_pipeline(SimpleImputer(), StandardScaler())


def encode(**settings: Any) -> OneHotEncoder:
    return OneHotEncoder(**{"handle_unknown": "ignore", **settings})


def classify(*steps: Any, **settings: Any) -> Any:
    return make_pipeline(ColumnTransformer(list(steps), **settings), LogisticRegression(max_iter=500))
