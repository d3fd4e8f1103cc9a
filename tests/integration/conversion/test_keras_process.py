"""A Keras model of any backend becomes ONNX in a process of its own.

Here it is one of TensorFlow's, so that both ways can be held against each other.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import keras
import pytest
from support.training_code import FUNCTIONS, training_module

from pilotlight.conversion.tensorflow.keras_adapter import read_keras_signature
from pilotlight.conversion.tensorflow.keras_graph import convert_to_onnx
from pilotlight.conversion.tensorflow.keras_subprocess import convert_in_subprocess
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_code import ModelCode

OPSET = 18
OWN = """
import keras

class Scaled(keras.layers.Layer):
    def __init__(self, factor, **others):
        super().__init__(**others)
        self.factor = factor
{config}
    def call(self, values):
        return values * float(self.factor)
"""
CONFIG = """
    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
"""


def loaded(path: Path) -> Any:
    """The module at `path` as train.py's are loaded: by a name that cannot be imported."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}/{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with ModelCode(path.parent).active():
        spec.loader.exec_module(module)
    return module


def transformer() -> Any:
    module = training_module("translate", "network")
    return module.Transformer(module.Shape(20, 22, 16, 2, 1, 0.1), (0, 1))


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "sentiment": lambda: loaded(FUNCTIONS / "sentiment" / "train.py").network(30, masked=False),
    "language": lambda: loaded(FUNCTIONS / "language" / "train.py").network(30, 3),
    "encoder": lambda: transformer().encoder(),
    "decoder": lambda: transformer().decoder(4),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_both_ways_give_the_same_graph(name: str) -> None:
    model = NETWORKS[name]()
    signature = read_keras_signature(model, name)
    assert convert_in_subprocess(model, signature, name, OPSET) == convert_to_onnx(model, signature, name, OPSET)


def scaled(path: Path, factor: object, config: str = CONFIG) -> keras.Model:
    path.write_text(OWN.replace("{config}", config))
    inputs = keras.Input((3,), name="x")
    return keras.Model(inputs, loaded(path).Scaled(factor, name="y")(inputs))


def test_layers_that_train_py_defines_are_found_in_it(tmp_path: Path) -> None:
    model = scaled(tmp_path / "train.py", 2.0)
    signature = read_keras_signature(model, "scaled")
    assert convert_in_subprocess(model, signature, "scaled", OPSET) == convert_to_onnx(
        model, signature, "scaled", OPSET
    )


def test_layers_beside_train_py_import_the_models_own_modules(tmp_path: Path) -> None:
    """In the other process too. Each model may have a training/layers.py."""
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "factor.py").write_text("AS = float")
    layers = OWN.replace("{config}", CONFIG).replace("float(", "AS(")
    (tmp_path / "training" / "layers.py").write_text(f"from training.factor import AS\n{layers}")
    code = ModelCode(tmp_path)
    with code.active():
        scaled = importlib.import_module("training.layers").Scaled
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, scaled(2.0, name="y")(inputs))
    signature = read_keras_signature(model, "scaled")
    assert convert_in_subprocess(model, signature, "scaled", OPSET) == convert_to_onnx(
        model, signature, "scaled", OPSET
    )


def test_a_layer_that_cannot_tell_its_configuration(tmp_path: Path) -> None:
    model = scaled(tmp_path / "train.py", Fraction(2), "")
    with pytest.raises(ConversionError, match=r"model 'scaled': cannot be saved for its conversion .*get_config"):
        convert_in_subprocess(model, read_keras_signature(model, "scaled"), "scaled", OPSET)


def test_what_cannot_be_loaded_there_is_told_here(tmp_path: Path) -> None:
    model = scaled(tmp_path / "train.py", 2.0)
    (tmp_path / "train.py").write_text("raise RuntimeError('the file is another one now')\n")
    with pytest.raises(ConversionError, match=r"cannot be loaded with TensorFlow .*the file is another one now"):
        convert_in_subprocess(model, read_keras_signature(model, "scaled"), "scaled", OPSET)


def test_what_cannot_be_converted_there_is_told_here() -> None:
    model = transformer().encoder()
    with pytest.raises(ConversionError, match="model 'encoder': cannot be converted to ONNX opset 999"):
        convert_in_subprocess(model, read_keras_signature(model, "encoder"), "encoder", 999)
