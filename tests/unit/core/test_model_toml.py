from pathlib import Path
from typing import Any

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.labels import LabelsConfig
from pilotlight.core.model_config import (
    ConversionConfig,
    ModelConfig,
    ParityConfig,
    QuantizationConfig,
)
from pilotlight.core.model_toml import load_model_config
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.datatypes import FP32, INT64
from pilotlight_runtime.signature import TensorSpec

SIGNATURE = """
[[signature.inputs]]
name = "image"
datatype = "FP32"
shape = [-1, 28, 28, 1]
[[signature.outputs]]
name = "label"
datatype = "INT64"
shape = [-1]
"""
TWO_LABELS = """
[[labels]]
scores = 'y'
names = ['a', 'b']
[[labels]]
scores = 'z'
names = ['c', 'd']
"""


def read(folder: Path, text: str) -> ModelConfig:
    return load_model_config("digits", _written(folder, text))


def test_defaults_stand_where_the_file_is_silent(tmp_path: Path) -> None:
    config = read(tmp_path, SIGNATURE)
    assert not config.stream
    assert config.training == TrainingSettings()
    assert config.conversion == ConversionConfig()
    assert config.parity == ParityConfig()
    assert config.quantization == QuantizationConfig()
    assert config.quantization.mode == "none"
    assert config.signature is not None
    assert config.signature.inputs == (TensorSpec("image", FP32, (-1, 28, 28, 1)),)
    assert config.signature.outputs == (TensorSpec("label", INT64, (-1,)),)


def test_every_setting_is_read(tmp_path: Path) -> None:
    text = """
description = "digits"
stream = true
[training]
data = "mnist"
epochs = 3
batch_size = 16
learning_rate = 0.01
seed = 7
metric = "accuracy"
precision = "mixed_bfloat16"
devices = "one"
deterministic = true
[conversion]
opset = 17
[parity]
samples = 200
rtol = 0.1
atol = 0.2
metric_drop = 0.3
[quantization]
mode = "static"
samples = 64
rtol = 0.4
atol = 0.5
metric_drop = 0.6
outliers = 0.7
[image]
input = "image"
height = 28
width = 28
channels = 1
scale = 0.5
offset = -1
layout = "NCHW"
"""
    config = read(tmp_path, text + SIGNATURE)
    numbers: Any = {"precision": "mixed_bfloat16", "devices": "one", "deterministic": True}
    assert config.stream
    assert config.training == TrainingSettings("mnist", 3, 16, 0.01, 7, "accuracy", **numbers)
    assert config.conversion.opset == 17
    assert config.parity == ParityConfig(200, 0.1, 0.2, 0.3)
    assert config.quantization == QuantizationConfig("static", 64, 0.4, 0.5, 0.6, 0.7)
    assert config.quantization.tolerances(9) == ParityConfig(9, 0.4, 0.5, 0.6, 0.7)
    assert config.image is not None
    assert (config.image.scale, config.image.offset, config.image.layout) == (0.5, -1.0, "NCHW")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kind = 'keras'", "signature"),
        ("kind = 'caffe'", "kind is 'caffe', expected one of keras, sklearn, torch, onnx"),
        ("kind = 3", "kind is 3"),
        ("stream = 'yes'" + SIGNATURE, "stream is 'yes', expected true or false"),
        ("colour = 'red'" + SIGNATURE, "colour is not a setting"),
        ("training = 3" + SIGNATURE, "training is 3, expected a table"),
        ("[training]\nepochs = 0" + SIGNATURE, "training.epochs is 0"),
        (
            "[quantization]\nmode = 'int4'" + SIGNATURE,
            "quantization.mode is 'int4', expected one of none, dynamic, sta",
        ),
        ("[quantization]\nmode = 'static'\nsamples = 0" + SIGNATURE, "quantization.samples is 0, expected a whole"),
        ("[quantization]\nmode = 'dynamic'\nsamples = 9" + SIGNATURE, "quantization.samples is 9, expected no value"),
        ("[quantization]\nmetric_drop = -1" + SIGNATURE, "quantization.metric_drop is -1"),
        ("[quantization]\nbits = 4" + SIGNATURE, "quantization.bits is not a setting"),
        ("[parity]\noutliers = 0.5" + SIGNATURE, "parity.outliers is not a setting"),
        ("[training]\nepochs = true" + SIGNATURE, "training.epochs is True"),
        ("[training]\nlearning_rate = 'fast'" + SIGNATURE, "training.learning_rate is 'fast'"),
        (
            "[training]\nprecision = 'float16'" + SIGNATURE,
            "training.precision is 'float16', expected one of float32, m",
        ),
        ("[training]\ndevices = 2" + SIGNATURE, "training.devices is 2, expected text"),
        ("[training]\ndeterministic = 1" + SIGNATURE, "training.deterministic is 1, expected true or false"),
        ("[training]\nepoch = 3" + SIGNATURE, "training.epoch is not a setting"),
        ("[parity]\natol = -1" + SIGNATURE, "parity.atol is -1"),
        ("[parity]\natol = nan" + SIGNATURE, "parity.atol is nan"),
        ("[parity]\nrtol = inf" + SIGNATURE, "parity.rtol is inf, expected a finite number of at least 0.0"),
        ("[image]\ninput = 'image'\nheight = 1\nwidth = 1\nscale = -inf" + SIGNATURE, "image.scale is -inf"),
        (f"[training]\nlearning_rate = {10**400}" + SIGNATURE, "training.learning_rate is 1000"),
        ("[conversion]\nopset = 3" + SIGNATURE, "conversion.opset is 3"),
        ("[signature]\ninputs = []\noutputs = []", "signature.inputs is []"),
        (SIGNATURE.replace("FP32", "FLOAT"), "signature.inputs[0].datatype is 'FLOAT', expected one of BOOL"),
        (SIGNATURE.replace("[-1, 28, 28, 1]", "[-2]"), "signature.inputs[0].shape is [-2]"),
        (SIGNATURE + "[image]\ninput = 'image'\nheight = 28\nwidth = 28\nchannels = 4", "image.channels is 4"),
        (
            SIGNATURE + "[image]\ninput = 'image'\nheight = 28",
            "image.width is missing, expected a whole number of at least 1. Add that line.",
        ),
        (SIGNATURE + "[image]\ninput = 'image'\nheight = 1\nwidth = 1\nlayout = 'HWC'", "image.layout is 'HWC'"),
        ("kind =", "is not TOML"),
        ("kind = 'sklearn'", "has no [signature]"),
        (
            SIGNATURE + "[labels]",
            "labels.names is missing, expected a list of at least 2 different texts. Add that line.",
        ),
        (SIGNATURE + "[labels]\nnames = ['a']", "labels.names is ['a']"),
        (SIGNATURE + "[labels]\nnames = ['a', 'a']", "labels.names is ['a', 'a']"),
        (SIGNATURE + "[labels]\nnames = ['a', 1]", "labels.names is ['a', 1]"),
        (SIGNATURE + "[labels]\nnames = ['a', 'b']\nclasses = 2", "labels.classes is not a setting"),
        ("labels = 5\n" + SIGNATURE, "labels is 5, expected a table"),
        ("labels = []\n" + SIGNATURE, "labels is [], expected one or more tables"),
        (
            SIGNATURE + "[[labels]]\nnames = ['a', 'b']",
            "scores is missing, expected the name of the output with one score for each class, of the outputs 'label'",
        ),
        (SIGNATURE + "[[labels]]\nscores = 'y'\nnames = ['a']", "labels[0].names is ['a']"),
        (
            SIGNATURE + TWO_LABELS + "output = 'y_label'\n",
            "labels[1].output is 'y_label', expected a name that",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, text)
    assert named in str(caught.value)
    assert "model.toml" in caught.value.where


def test_labels_are_for_one_output_or_for_each_of_several(tmp_path: Path) -> None:
    names = ("a", "b")
    assert read(tmp_path, SIGNATURE).labels == ()
    single = "[labels]\nnames = ['a', 'b']"
    assert read(tmp_path, SIGNATURE + single).labels == (LabelsConfig(names, "", "label"),)
    assert read(tmp_path, SIGNATURE + single + "\noutput = 'kind'").labels == (LabelsConfig(names, "", "kind"),)
    assert read(tmp_path, SIGNATURE + "[[labels]]\nscores = 'y'\nnames = ['a', 'b']").labels == (
        LabelsConfig(names, "y", "label"),
    )
    assert read(tmp_path, SIGNATURE + TWO_LABELS + "output = 'kind'").labels == (
        LabelsConfig(names, "y", "y_label"),
        LabelsConfig(("c", "d"), "z", "kind"),
    )


def test_a_missing_file_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="pilotlight new digits"):
        load_model_config("digits", tmp_path / "model.toml")


def _written(folder: Path, text: str) -> Path:
    path = folder / "model.toml"
    path.write_text(text)
    return path
