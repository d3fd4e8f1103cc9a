"""Preprocessing layers answer in ONNX Runtime as in Keras: on words that make trouble, in batches of any size."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from keras import layers

from pilotlight.conversion import convert
from pilotlight.conversion.tensorflow.keras_adapter import predict_in_batches, read_keras_signature
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ConversionConfig, ModelConfig
from pilotlight_runtime.datatypes import BYTES
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor

VOCABULARY = ["a", "b", "hello", "world", "dont", "don't", "é", "É", "日本", "x y", "hello world", "straße"]
PUNCTUATION = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
WORDS = [
    *(
        "a",
        "A",
        "z",
        "",
        " ",
        "   ",
        "hello",
        "Hello, World!",
        "hello  world",
        "don't stop; a.b.c",
        "DON'T",
        "!!!",
        "..a...",
    ),
    *(
        "\ta\nb\vc\fd\re",
        "a\x1cb",
        "a\u00a0b",
        "\u2028a\u0085 b",
        "a\x00b",
        "É",
        "é",
        "e\u0301",
        "ÉLAN",
        "İi",
        "STRASSE straße",
    ),
    *(
        "日本",
        "日本 a",
        "👍🏽 a",
        "x y",
        "[UNK]",
        "1 22 -5",
        f"a{PUNCTUATION}b",
        PUNCTUATION,
        "a" * 5_000,
        "hello, " * 2_000,
    ),
]
FIRST = ["a", "Hello, World!", "", "日本 a"]


def make_model(layer: Any, shape: tuple[int, ...] = (1,), dtype: str = "string") -> Any:
    given = keras.Input(shape, dtype=dtype, name="text")
    return keras.Model(given, {"y": layer(given)})


def convert_model(
    model: Any, folder: Path, opset: int = 18
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """The model as Keras and as ONNX Runtime compute it: functions of one array."""
    signature = read_keras_signature(model, "m")
    config = ModelConfig("m", "keras", conversion=ConversionConfig(opset))
    convert(model, config, folder)
    session = open_session(folder / "model.onnx", 1)
    spec = signature.inputs[0]

    def ask(samples: Array) -> Array:
        (found,) = session.run({spec.name: to_tensor(samples)}, ["y"])
        return found.numpy()

    only = Signature(signature.inputs, signature.outputs)
    return lambda samples: predict_in_batches(model, {spec.name: samples}, only)["y"], ask


def to_tensor(samples: Array) -> Tensor:
    if samples.dtype != object:
        return Tensor.from_numpy(samples, read_datatype(samples))
    encoded = np.array([text.encode() for text in samples.reshape(-1)], object).reshape(samples.shape)
    return Tensor.from_numpy(encoded, BYTES)


def read_datatype(samples: Array) -> Any:
    from pilotlight_runtime.datatypes import DATATYPES

    return next(each for each in DATATYPES.values() if each.numpy == samples.dtype)


def assert_same(wanted: Array, found: Array) -> None:
    assert found.shape == wanted.shape
    if wanted.dtype == object:
        assert [text.decode() for text in found.reshape(-1)] == wanted.reshape(-1).tolist()
    elif wanted.dtype.kind == "f":
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    else:
        np.testing.assert_array_equal(found, wanted)


def batches(words: Sequence[str]) -> list[Array]:
    column = np.array(words, object)[:, None]
    return [column, *np.split(column, len(column)), column[:0], np.array([[""], [" "]], object)]


WEIGHTS = [1 + index / 3 for index in range(len(VOCABULARY))]
TEXTS: dict[str, dict[str, Any]] = {
    "ids": {},
    "cut": {"output_sequence_length": 3},
    "as they are": {"standardize": None},
    "lower": {"standardize": "lower"},
    "without punctuation": {"standardize": "strip_punctuation"},
    "whole": {"split": None},
    "characters": {"split": "character"},
    "pairs": {"ngrams": 2},
    "pairs and triples": {"ngrams": (2, 3), "output_sequence_length": 7},
    "several": {"output_mode": "multi_hot"},
    "counts": {"output_mode": "count", "pad_to_max_tokens": True, "max_tokens": 30},
    "weights": {"output_mode": "tf_idf", "idf_weights": WEIGHTS},
    "counts of pairs of characters": {"output_mode": "count", "ngrams": 2, "split": "character"},
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_become_ids(tmp_path: Path, name: str) -> None:
    layer = layers.TextVectorization(vocabulary=VOCABULARY, **TEXTS[name])
    source, ask = convert_model(make_model(layer), tmp_path)
    for batch in batches(WORDS):
        if len(batch):
            assert_same(source(batch), ask(batch))
    assert len(ask(np.zeros((0, 1), object))) == 0


LOOKUPS: dict[str, dict[str, Any]] = {
    "ids": {},
    "mask": {"mask_token": ""},
    "own tokens": {"mask_token": "[M]", "oov_token": "b"},
    "one hot": {"output_mode": "one_hot"},
    "several": {"output_mode": "multi_hot", "mask_token": "z"},
    "weights": {"output_mode": "tf_idf", "idf_weights": WEIGHTS},
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_words_become_ids(tmp_path: Path, name: str) -> None:
    layer = layers.StringLookup(vocabulary=VOCABULARY, **LOOKUPS[name])
    source, ask = convert_model(make_model(layer, (2,)), tmp_path)
    words = np.random.default_rng(1).choice(np.array(WORDS, object), (50, 2))
    for batch in (words, words[:1]):
        assert_same(source(batch), ask(batch))


def test_an_adapted_vocabulary_is_converted(tmp_path: Path) -> None:
    layer = layers.TextVectorization(max_tokens=4, output_mode="tf_idf")
    layer.adapt(np.array(["the cat", "the dog", "The end."], object))
    source, ask = convert_model(make_model(layer), tmp_path)
    batch = np.array([["the cat and the dog"], [""]], object)
    assert_same(source(batch), ask(batch))


def test_ids_become_words_again(tmp_path: Path) -> None:
    layer = layers.StringLookup(vocabulary=VOCABULARY, invert=True)
    source, ask = convert_model(make_model(layer, (2,), "int64"), tmp_path)
    ids = np.array([[0, 1], [9, 99], [-1, 3]], np.int64)
    assert_same(source(ids), ask(ids))


@pytest.mark.parametrize(
    "options", [{}, {"mask_token": 0}, {"num_oov_indices": 3, "mask_token": 0}, {"output_mode": "count"}], ids=repr
)
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_integers_become_ids(tmp_path: Path, dtype: str, options: dict[str, Any]) -> None:
    layer = layers.IntegerLookup(vocabulary=[5, 7, -2], **options)
    source, ask = convert_model(make_model(layer, (2,), dtype), tmp_path)
    large = 2**40 + 1 if dtype == "int64" else 2**30 + 1
    ids = np.array([[5, 7], [-2, 0], [99, -99], [large, -large]], dtype)
    assert_same(source(ids), ask(ids))


@pytest.mark.parametrize("mask", [None, ""])
def test_a_word_that_has_no_place_is_an_error(tmp_path: Path, mask: str | None) -> None:
    """Keras fails on it. Without the check the id -1 would select the last row of the embedding."""
    model = make_model(
        keras.Sequential(
            [
                layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=0, mask_token=mask),
                layers.Embedding(20, 3),
                layers.Flatten(),
            ]
        )
    )
    source, ask = convert_model(model, tmp_path)
    known = np.array([["a"], ["b" if mask is None else mask], ["日本"]], object)
    assert_same(source(known), ask(known))
    with pytest.raises(InferenceFailed):
        ask(np.array([["a"], ["unknown"]], object))


def test_a_negative_id_has_no_column(tmp_path: Path) -> None:
    source, ask = convert_model(make_model(layers.CategoryEncoding(4, output_mode="one_hot"), (1,), "int64"), tmp_path)
    ids = np.array([[0], [3], [-1], [4]], np.int64)
    assert ask(ids)[2].sum() == 0
    assert_same(source(ids), ask(ids))


def test_counting_a_negative_id_is_an_error(tmp_path: Path) -> None:
    source, ask = convert_model(make_model(layers.CategoryEncoding(4, output_mode="count"), (3,), "int64"), tmp_path)
    ids = np.array([[0, 1, 1], [3, 3, 3]], np.int64)
    assert_same(source(ids), ask(ids))
    with pytest.raises(InferenceFailed):
        ask(np.array([[0, 1, -1]], np.int64))


def clean(text: Any) -> Any:
    lower = tf.strings.regex_replace(tf.strings.lower(text), "<br />", " ")
    return tf.strings.regex_replace(tf.strings.regex_replace(lower, r"\s+", "_"), f"[{re.escape('!.;')}]", "")


def test_functions_that_standardize_and_split(tmp_path: Path) -> None:
    layer = layers.TextVectorization(
        vocabulary=[*VOCABULARY, "a_b", "_"], standardize=clean, split=lambda text: tf.strings.split(text, ",")
    )
    source, ask = convert_model(make_model(layer), tmp_path)
    words = [*WORDS, "<br />a<br /><br />b", "a,b,,a  b", ",", "A  \t b,!.;"]
    for batch in batches(words):
        if len(batch):
            assert_same(source(batch), ask(batch))


def test_a_layer_in_the_middle_of_a_graph_with_several_inputs(tmp_path: Path) -> None:
    first, second, age = (keras.Input((1,), dtype=kind, name=name) for kind, name in INPUTS)
    both = layers.Reshape((2,))(layers.Concatenate()([first, second]))
    ids = layers.StringLookup(vocabulary=VOCABULARY)(both)
    words = layers.Flatten()(layers.Embedding(20, 3)(ids))
    kind = layers.StringLookup(vocabulary=["a", "z"], output_mode="one_hot")(first)
    joined = layers.Concatenate()([words, kind, layers.Normalization(mean=3.0, variance=2.0)(age)])
    model = keras.Model([first, second, age], layers.Dense(2, name="y")(joined))
    signature = read_keras_signature(model, "m")
    convert(model, ModelConfig("m", "keras"), tmp_path)
    draw = np.random.default_rng(3)
    inputs: dict[str, Array] = {name: draw.choice(np.array(WORDS, object), (40, 1)) for _, name in INPUTS[:2]}
    inputs["age"] = draw.normal(size=(40, 1)).astype(np.float32)
    wanted = predict_in_batches(model, inputs, signature)["y"]
    tensors = {name: to_tensor(array) for name, array in inputs.items()}
    (found,) = open_session(tmp_path / "model.onnx", 1).run(tensors, ["y"])
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-6)


INPUTS = [("string", "first"), ("string", "second"), ("float32", "age")]


def test_one_model_gives_one_sequence_of_bytes(tmp_path: Path) -> None:
    """A table of TensorFlow has no order."""
    contents = set()
    for part in "ab":
        layer = layers.TextVectorization(vocabulary=[f"word{index}" for index in range(200)], name="y")
        convert_model(make_model(layer), tmp_path / part)
        contents.add((tmp_path / part / "model.onnx").read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize(("opset", "wanted"), [(15, 20), (18, 20)])
def test_strings_need_a_newer_operator_set(tmp_path: Path, opset: int, wanted: int) -> None:
    convert_model(make_model(layers.TextVectorization(vocabulary=VOCABULARY)), tmp_path, opset)
    model = onnx.load(tmp_path / "model.onnx")
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == wanted


def test_a_plain_model_keeps_its_operator_set(tmp_path: Path) -> None:
    convert_model(make_model(layers.Dense(2), (3,), "float32"), tmp_path, 15)
    model = onnx.load(tmp_path / "model.onnx")
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == 15


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "hashes": (layers.Hashing(4, name="hashed"), "layer 'hashed': hashes words"),
    "crossed": (lambda text: layers.HashedCrossing(4, name="pair")([text, text]), "layer 'pair': hashes words"),
    "unknown words in several places": (
        layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=2, name="kinds"),
        "layer 'kinds': hashes words",
    ),
    "letters beyond ASCII": (
        layers.TextVectorization(
            vocabulary=VOCABULARY, standardize=lambda words: tf.strings.lower(words, encoding="utf-8"), name="vector"
        ),
        "layer 'vector': changes the case of letters beyond ASCII",
    ),
    "an ambiguous pattern": (
        layers.TextVectorization(
            vocabulary=VOCABULARY, standardize=lambda words: tf.strings.regex_replace(words, "a|ab", ""), name="vector"
        ),
        "layer 'vector': replaces matches of 'a|ab'",
    ),
    "parts of a match": (
        layers.TextVectorization(
            vocabulary=VOCABULARY,
            standardize=lambda words: tf.strings.regex_replace(words, "[a-c]", r"\0"),
            name="vector",
        ),
        "layer 'vector': replaces '[a-c]' by parts of the match",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_onnx_lacks_is_refused_by_layer(tmp_path: Path, name: str) -> None:
    make, said = REFUSED[name]
    given = keras.Input((1,), dtype="string", name="text")
    with pytest.raises(ConversionError) as caught:
        convert(keras.Model(given, {"y": make(given)}), ModelConfig("m", "keras"), tmp_path)
    assert said in str(caught.value)
    assert "Text and categories" in str(caught.value)


ON_JAX = """
import sys
from pathlib import Path
import keras
from pilotlight.conversion import convert
from pilotlight.core.errors import ConversionError
from pilotlight.core.model_config import ModelConfig
given = keras.Input((1,), dtype="string", name="text")
model = keras.Model(given, {"y": keras.layers.StringLookup(vocabulary=["a"])(given)})
try:
    convert(model, ModelConfig("m", "keras"), Path(sys.argv[1]))
except ConversionError as error:
    print(error)
"""


def test_words_need_the_backend_that_knows_them(tmp_path: Path) -> None:
    """Keras itself cannot call such a model on JAX."""
    environ = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", ON_JAX, str(tmp_path)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert "takes words, which Keras computes only with TensorFlow, and the backend is jax" in done.stdout
