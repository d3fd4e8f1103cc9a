"""Convolutions that TensorFlow cannot compute without XLA, and transposed ones with added rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from pilotlight.conversion import convert, find_adapter
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

L = keras.layers
LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "1D in groups": (lambda: L.Conv1D(6, 3, groups=2), (9, 4)),
    "2D in groups": (lambda: L.Conv2D(8, 3, groups=4, activation="gelu"), (9, 8, 4)),
    "3D in groups": (lambda: L.Conv3D(6, 3, groups=2), (5, 6, 7, 4)),
    "3D, channels first": (lambda: L.Conv3D(6, 3, data_format="channels_first"), (4, 5, 6, 7)),
    "transposed, with an added row": (lambda: L.Conv2DTranspose(6, 4, strides=3, output_padding=1), (7, 8, 4)),
    "transposed, with two added rows": (lambda: L.Conv2DTranspose(6, 2, strides=4, output_padding=2), (5, 4, 3)),
    "transposed 3D": (lambda: L.Conv3DTranspose(2, 2, strides=3, output_padding=1), (4, 3, 3, 2)),
}


@pytest.mark.parametrize("name", list(LAYERS))
def test_a_convolution_answers_as_tensorflow(name: str, tmp_path: Path) -> None:
    layer, shape = LAYERS[name]
    model = keras.Sequential([keras.Input(shape), layer()])
    samples = np.random.default_rng(1).normal(size=(3, *shape)).astype(np.float32)
    signature = Signature(
        (TensorSpec("x", FP32, (-1, *shape)),), (TensorSpec("y", FP32, (-1, *model.output_shape[1:])),)
    )
    assert convert(model, ModelConfig("m", "keras", signature=signature), tmp_path).signature == signature
    (found,) = open_session(tmp_path / "model.onnx", 1).run({"x": Tensor.from_numpy(samples, FP32)}, ["y"])
    wanted = find_adapter(model).predict(model, {"x": samples}, signature)
    np.testing.assert_allclose(found.numpy(), wanted["y"], rtol=1e-4, atol=1e-5)
