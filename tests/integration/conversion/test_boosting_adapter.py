"""Boosters through the adapter: on their own thresholds, as unconverted boosters, and in the manifest."""

from pathlib import Path

import numpy as np
import pytest

from pilotlight.conversion import convert, find_adapter, find_adapter_for_file, find_model_kind
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

lightgbm = pytest.importorskip("lightgbm", reason="the extra boosting is not installed")
pytest.importorskip("onnxmltools", reason="the extra boosting is not installed")

SIGNATURE = Signature((TensorSpec("features", FP32, (-1, 4)),), (TensorSpec("value", FP32, (-1, 1)),))
CONFIG = ModelConfig("m", "sklearn", signature=SIGNATURE)


def samples(count: int = 400) -> tuple[Array, Array]:
    draw = np.random.default_rng(9)
    x = draw.normal(size=(count, 4)).astype(np.float32)
    return x, x @ np.array([1, -2, 3, 0]) + draw.normal(size=count)


def find_thresholds(tree: dict[str, object]) -> list[tuple[int, float]]:
    if "threshold" not in tree:
        return []
    here = (int(str(tree["split_feature"])), float(str(tree["threshold"])))
    return [here, *find_thresholds(tree["left_child"]), *find_thresholds(tree["right_child"])]  # type: ignore[arg-type]  # of LightGBM


def test_no_sample_at_a_threshold_changes_its_branch(tmp_path: Path) -> None:
    """LightGBM's thresholds have double precision. Rounded to the nearest float32, some would let a sample pass."""
    x, y = samples()
    model = lightgbm.LGBMRegressor(n_estimators=40, verbose=-1, n_jobs=1).fit(x, y)
    trees = model.booster_.dump_model()["tree_info"]
    edges = [edge for tree in trees for edge in find_thresholds(tree["tree_structure"])]
    points = np.repeat(x[:1], 2 * len(edges), axis=0)
    for row, (feature, threshold) in enumerate(edges):
        near = np.float32(threshold)
        points[2 * row, feature] = near
        points[2 * row + 1, feature] = np.nextafter(near, np.float32(np.inf if near < threshold else -np.inf))
    convert(model, CONFIG, tmp_path)
    session = open_session(tmp_path / "model.onnx", 1)
    (found,) = session.run({"features": Tensor.from_numpy(points, FP32)}, ["value"])
    np.testing.assert_allclose(found.numpy()[:, 0], model.predict(points), rtol=1e-4, atol=1e-4)


def test_what_a_booster_is() -> None:
    x, y = samples(60)
    model = lightgbm.LGBMRegressor(n_estimators=2, verbose=-1, n_jobs=1).fit(x, y)
    assert find_adapter(model).name == "LightGBM/XGBoost/CatBoost"
    assert find_model_kind(model) == "regressor"
    assert find_model_kind(lightgbm.LGBMRanker()) == "ranker"


def test_a_booster_without_an_estimator_is_refused_with_the_way_that_works(tmp_path: Path) -> None:
    x, y = samples(60)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(x, y), 2)
    with pytest.raises(ConversionError, match=r"is a lightgbm\.Booster, which does not know its classes\. Fit an"):
        convert(booster, CONFIG, tmp_path)


def test_saved_boosters_are_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="return the estimator from train"):
        find_adapter_for_file(tmp_path / "model.cbm").load(tmp_path / "model.cbm")
