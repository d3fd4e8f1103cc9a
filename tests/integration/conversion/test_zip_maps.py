"""An ONNX file of skl2onnx with its default options: probabilities as a sequence of maps."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight.conversion import find_adapter, import_onnx
from pilotlight.core.artifacts import Array
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor


def samples() -> tuple[Array, Array]:
    draw = np.random.default_rng(3)
    classes = np.arange(90) % 3
    return (draw.normal(size=(90, 4)) + classes[:, None]).astype(np.float32), classes


@pytest.mark.parametrize("names", [np.array([0, 1, 2]), np.array(["ash", "birch", "cedar"])])
def test_the_scores_of_all_classes_become_one_tensor(tmp_path: Path, names: Array) -> None:
    x, y = samples()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, names[y])
    source = tmp_path / "exported.onnx"
    source.write_bytes(to_onnx(model, x[:1]).SerializeToString())
    assert "ZipMap" in {node.op_type for node in onnx.load(source).graph.node}

    candidate = import_onnx(source, tmp_path / "into")

    scores = candidate.signature.output("output_probability")
    assert scores == TensorSpec("output_probability", FP32, (-1, 3))
    session = open_session(tmp_path / "into" / "model.onnx", 1)
    (found,) = session.run({"X": Tensor.from_numpy(x, FP32)}, ["output_probability"])
    np.testing.assert_allclose(found.numpy(), model.predict_proba(x), rtol=1e-4, atol=1e-6)


def test_a_train_py_may_return_such_a_file(tmp_path: Path) -> None:
    x, y = samples()
    model = LogisticRegression().fit(x, y)
    source = tmp_path / "exported.onnx"
    source.write_bytes(to_onnx(model, x[:1]).SerializeToString())
    signature = import_onnx(source, tmp_path / "into").signature
    found = find_adapter(source).predict(source, {"X": x}, signature)
    assert signature.output("output_label") == TensorSpec("output_label", INT64, (-1,))
    np.testing.assert_allclose(found["output_probability"], model.predict_proba(x), rtol=1e-4, atol=1e-6)
