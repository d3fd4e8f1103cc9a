"""scikit-learn's models through the adapter: the graph answers as they do, and always in the same bytes."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.manifold import TSNE
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from pilotlight.conversion import convert, find_adapter, find_adapter_for_file
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ConversionConfig, ModelConfig
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

X_SPEC = TensorSpec("features", FP32, (-1, 4))
PROBABILITIES = TensorSpec("probabilities", FP32, (-1, 3))
KIND = TensorSpec("kind", INT64, (-1,))
VALUE = TensorSpec("value", FP32, (-1, 1))
CLUSTER, DISTANCES = TensorSpec("cluster", INT64, (-1,)), TensorSpec("distances", FP32, (-1, 3))


def samples(count: int = 120) -> tuple[Array, Array]:
    """Three overlapping clouds, in single precision; their numbers."""
    draw = np.random.default_rng(4)
    kinds = np.arange(count) % 3
    return (draw.normal(size=(count, 4)) + kinds[:, None]).astype(np.float32), kinds


def signature(*outputs: TensorSpec) -> Signature:
    return Signature((X_SPEC,), outputs)


def config(*outputs: TensorSpec, opset: int = 18) -> ModelConfig:
    return ModelConfig("m", "sklearn", conversion=ConversionConfig(opset), signature=signature(*outputs))


MODELS = {
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), (PROBABILITIES, KIND)),
    "sgd": (make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=1)), (PROBABILITIES, KIND)),
    "tree": (DecisionTreeClassifier(random_state=1), (PROBABILITIES, KIND)),
    "forest": (RandomForestClassifier(31, random_state=1), (KIND, PROBABILITIES)),
    "machine": (make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(), ensemble=False)), (PROBABILITIES,)),
    "linear": (LinearRegression(), (VALUE,)),
    "descent": (make_pipeline(StandardScaler(), SGDRegressor(random_state=1)), (VALUE,)),
    "clusters": (make_pipeline(StandardScaler(), KMeans(3, n_init=3, random_state=1)), (CLUSTER, DISTANCES)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("opset", [15, 18])
def test_the_graph_answers_as_the_model_does(tmp_path: Path, name: str, opset: int) -> None:
    model, outputs = MODELS[name]
    x, y = samples()
    model.fit(x, y)
    candidate = convert(model, config(*outputs, opset=opset), tmp_path)
    assert candidate.signature == signature(*outputs)
    wanted = find_adapter(model).predict(model, {"features": x}, candidate.signature)
    names = [spec.name for spec in outputs]
    found = open_session(tmp_path / "model.onnx", 1).run({"features": Tensor.from_numpy(x, FP32)}, names)
    for spec, tensor in zip(outputs, found, strict=True):
        assert wanted[spec.name].dtype == np.dtype(spec.datatype.numpy)
        np.testing.assert_allclose(wanted[spec.name], tensor.numpy(), rtol=1e-4, atol=1e-5, err_msg=spec.name)
    direct = {"FP32": "predict_proba", "INT64": "predict"} if hasattr(model, "predict_proba") else {"INT64": "predict"}
    for spec in outputs:
        if spec.datatype.name in direct:
            np.testing.assert_array_equal(
                wanted[spec.name], getattr(model, direct[spec.datatype.name])(x).astype(spec.datatype.numpy)
            )


def test_trees_agree_on_their_own_thresholds(tmp_path: Path) -> None:
    """A sample that lies exactly on a threshold goes left; a threshold rounded the wrong way would send it right."""
    x, y = samples(600)
    model = DecisionTreeClassifier(random_state=1).fit(x, y)
    tree = model.tree_
    inner = tree.feature >= 0
    edges = np.repeat(x[:1], 2 * inner.sum(), axis=0)
    thresholds = tree.threshold[inner].astype(np.float32)
    rows = np.arange(inner.sum())
    edges[rows, tree.feature[inner]] = thresholds
    edges[rows + inner.sum(), tree.feature[inner]] = np.nextafter(thresholds, np.float32(np.inf), dtype=np.float32)
    convert(model, config(PROBABILITIES), tmp_path)
    (found,) = open_session(tmp_path / "model.onnx", 1).run(
        {"features": Tensor.from_numpy(edges, FP32)}, ["probabilities"]
    )
    np.testing.assert_array_equal(found.numpy(), model.predict_proba(edges).astype(np.float32))


@pytest.mark.parametrize(
    ("model", "outputs", "message"),
    [
        (LinearRegression(), (KIND,), "has an output of INT64, and a regressor of type LinearRegression answers FP32"),
        (SVC(), (PROBABILITIES,), r"a classifier of type SVC answers INT64 \(its predict\)"),
        (DBSCAN(), (CLUSTER,), "a clusterer of type DBSCAN answers nothing"),
        (StandardScaler(), (VALUE,), r"output value is FP32 \[-1, 4\] in the graph"),
        (TSNE(), (VALUE,), "a model of type TSNE: neither predicts nor transforms samples"),
        (LinearRegression(), (VALUE._replace(shape=(-1, 2)),), r"output value is FP32 \[-1, 1\] in the graph"),
    ],
)
def test_what_the_signature_asks_and_the_model_does_not_answer(
    tmp_path: Path, model: Any, outputs: tuple[TensorSpec, ...], message: str
) -> None:
    x, y = samples()
    with pytest.raises(ConversionError, match=message):
        convert(model.fit(x, y), config(*outputs), tmp_path)


def test_what_cannot_be_converted_is_said_in_one_line(tmp_path: Path) -> None:
    x, y = samples()
    model = make_pipeline(FunctionTransformer(np.log1p), LinearRegression()).fit(np.abs(x), y)
    with pytest.raises(ConversionError, match="cannot be converted to ONNX opset 18") as caught:
        convert(model, config(VALUE), tmp_path)
    assert "\n" not in str(caught.value)


def test_the_input_is_one_table_of_single_precision(tmp_path: Path) -> None:
    model = LinearRegression().fit(*samples())
    wide = ModelConfig("m", "sklearn", signature=Signature((X_SPEC._replace(datatype=INT64),), (VALUE,)))
    with pytest.raises(ConversionError, match=r"needs one input of FP32 and shape \[-1, features\]"):
        convert(model, wide, tmp_path)


def test_classes_that_are_no_numbers_are_refused() -> None:
    x, y = samples()
    model = DecisionTreeClassifier().fit(x, np.array(["a", "b", "c"])[y])
    with pytest.raises(ConversionError, match="Number the classes 0, 1"):
        find_adapter(model).predict(model, {"features": x}, signature(KIND))


def test_classes_that_do_not_count_from_0_are_refused_where_places_tell_them_apart(tmp_path: Path) -> None:
    x, y = samples()
    model = DecisionTreeClassifier().fit(x, y + 1)
    with pytest.raises(
        ConversionError, match=r"fitted on the classes 1, 2, 3, but scores are identified by their position"
    ):
        convert(model, config(PROBABILITIES), tmp_path)


@pytest.mark.parametrize("name", ["model.pkl", "model.pickle", "model.JOBLIB"])
def test_no_saved_model_is_unpickled(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(
        ConversionError, match=r"is not loaded: loading a pickle runs code\. Let train\.py load it, if you trust it"
    ):
        find_adapter_for_file(path).load(path)
    assert not (tmp_path / "sprung").exists()


class Trap:
    """What makes the folder `path` where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_other_files_belong_to_nobody(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="known are Keras, TensorFlow SavedModel, LightGBM/XGBoost/CatBoost, sc"):
        find_adapter_for_file(tmp_path / "model.skops")


CONVERT = """
import hashlib, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from conversion.test_sklearn_adapter import MODELS, config, samples
from pilotlight.conversion import convert
for name, (model, outputs) in MODELS.items():
    folder = Path(sys.argv[1]) / name
    convert(model.fit(*samples()), config(*outputs), folder)
    print(name, hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest())
"""


def test_one_model_gives_one_sequence_of_bytes_in_every_process(tmp_path: Path) -> None:
    found = set()
    paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    for seed in ("0", "1"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", CONVERT, str(tmp_path / seed), *paths]
        found.add(subprocess.run(command, capture_output=True, check=True, text=True, env=environ).stdout)
    (digests,) = found
    assert len(digests.splitlines()) == len(MODELS)
    assert hashlib.sha256((tmp_path / "0" / "tree" / "model.onnx").read_bytes()).hexdigest() in digests
