"""Preprocessing layers of Keras inside a model, with words that make trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from keras.utils import FeatureSpace

from benchmarks.tables.case import MODEL_NAME, REFUSED, Case, Outcome, convert_and_compare
from pilotlight.conversion.tensorflow.keras_adapter import predict_in_batches, read_keras_signature
from pilotlight.core.artifacts import Array, Dataset, FittedModel
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight_runtime.datatypes import BYTES, DATATYPES, Datatype
from pilotlight_runtime.signature import Signature, TensorSpec

PACKAGES: Final = ("keras", "tensorflow-cpu", "tf2onnx")
VOCABULARY: Final = ["a", "b", "hello", "world", "dont", "don't", "é", "É", "日本", "x y", "hello world", "straße"]
WORDS: Final = (
    *("a", "b", "A", "z", "", " ", "hello", "Hello, World!", "don't stop; a.b.c", "hello  world\tA\nb\vc\fd\re"),
    *(
        "É",
        "é",
        "e\u0301",
        "ÉLAN élan",
        "STRASSE straße",
        "İi",
        "日本",
        "日本 a",
        "👍🏽",
        "a\u00a0b",
        "\u2028a\u0085b",
        "x y",
    ),
    *("!!!", "...a...", "<br />a<br /><br />b", "a,b,,c", "[UNK]", "1 22 333", "-5", "a" * 5_000, "word. " * 700),
)
"""Blank, unknown, punctuated and long texts, and letters beyond ASCII."""
_CYCLE: Final = "is part of a cycle"
Inputs: TypeAlias = Mapping[str, Array]
Build: TypeAlias = Callable[[Any], Any]
"""Makes a layer's output of the symbolic input, or of a dictionary of several."""


def list_cases() -> list[Case]:
    """Return the rows."""
    groups = {
        "words": _words(),
        "numbers": _numbers(),
        "images": _images(),
        "sound": _sound(),
        "whole models": _together(),
    }
    return [
        Case(group, name, partial(_try, build, inputs))
        for group, cases in groups.items()
        for name, build, inputs in cases
    ]


def _try(build: Build, inputs: Inputs, folder: Path) -> Outcome:
    symbols = {
        name: keras.Input(array.shape[1:], dtype="string" if array.dtype == object else array.dtype.name, name=name)
        for name, array in inputs.items()
    }
    try:
        several = list(symbols.values())
        built = build(symbols if len(several) > 1 else several[0])
        given = several if len(several) > 1 else several[0]
        model = built if isinstance(built, keras.Model) else keras.Model(given, built)
    except ValueError as error:
        if _CYCLE not in str(error):
            raise
        return Outcome(REFUSED, "Keras itself cannot build a functional model with it")
    signature = _read_signature(model, inputs)
    config = ModelConfig(MODEL_NAME, "keras", signature=signature, training=TrainingSettings(metric=""))
    labels = np.zeros(len(next(iter(inputs.values()))), np.int64)
    data = Dataset(inputs, labels, inputs, labels, "made", "0" * 64)
    return convert_and_compare(config, FittedModel(model, data, {}, 0.0), folder)


def _read_signature(model: Any, inputs: Inputs) -> Signature:
    """Return the signature as a person writes it: some layers declare another datatype or shape than they answer."""
    declared = read_keras_signature(model, "the model")
    found = predict_in_batches(model, inputs, declared)
    outputs = tuple(
        TensorSpec(spec.name, _find_datatype(found[spec.name]), (-1, *found[spec.name].shape[1:]))
        for spec in declared.outputs
    )
    return Signature(declared.inputs, outputs)


def _find_datatype(array: Array) -> Datatype:
    return BYTES if array.dtype == object else next(each for each in DATATYPES.values() if each.numpy == array.dtype)


def _weigh(build: Build) -> Build:
    """Sum ids by their position. Without a length a layer pads to the longest text of the batch, so its ids differ."""

    def weigh(given: Any) -> Any:
        ids = build(given)
        return ops.sum(ids * ops.cumsum(ops.ones_like(ids), axis=-1), axis=-1, keepdims=True)

    return weigh


def _make_words(columns: int = 1) -> Inputs:
    draw = np.random.default_rng(5)
    words = np.array(WORDS, object)
    rows = words[:, None] if columns == 1 else draw.choice(words, (2 * len(words), columns))
    return {"text": rows}


def _make_integers() -> Inputs:
    return {"number": np.array([[3, 5], [7, -2], [0, 99], [-99, 2**40], [-(2**40), 5]], np.int64)}


def _layer(name: str, **options: Any) -> Build:
    def build(given: Any) -> Any:
        return getattr(layers, name)(**options)(given)

    return build


_Cases: TypeAlias = Iterator[tuple[str, Build, Inputs]]


def _words() -> _Cases:
    one, two = _make_words(), _make_words(2)
    weights = [1.0 + index / 3 for index in range(len(VOCABULARY))]
    for options in (
        *({}, {"mask_token": ""}, {"mask_token": "a", "oov_token": "b"}, {"output_mode": "one_hot"}),
        *({"output_mode": "multi_hot"}, {"output_mode": "count"}, {"output_mode": "tf_idf", "idf_weights": weights}),
        *({"output_mode": "count", "pad_to_max_tokens": True, "max_tokens": 40}, {"num_oov_indices": 3}),
    ):
        yield _name("StringLookup", options), _layer("StringLookup", vocabulary=VOCABULARY, **options), two
    known = {"text": np.array([["a"], ["é"], [""]], object)}
    closed = _layer("StringLookup", vocabulary=VOCABULARY, num_oov_indices=0, mask_token="")
    yield "StringLookup(num_oov_indices=0)", closed, known
    inverse = {"number": np.array([[0, 1], [5, 99], [-1, 2]], np.int64)}
    yield "StringLookup(invert=True)", _layer("StringLookup", vocabulary=VOCABULARY, invert=True), inverse
    for settings in (
        *({}, {"output_sequence_length": 4}, {"standardize": None}, {"standardize": "lower"}),
        *({"standardize": "strip_punctuation"}, {"split": None}, {"split": "character"}, {"ngrams": 2}),
        *({"ngrams": (1, 3), "output_sequence_length": 6}, {"output_mode": "multi_hot"}, {"output_mode": "count"}),
        *({"output_mode": "tf_idf", "idf_weights": weights}, {"output_mode": "count", "ngrams": 2}),
        {"split": "character", "output_mode": "count", "ngrams": 2},
    ):
        layer = _layer("TextVectorization", vocabulary=VOCABULARY, **settings)
        fixed = settings.keys() & {"output_sequence_length", "output_mode"}
        padded = not fixed and settings.get("split", "") is not None
        yield _name("TextVectorization", settings), _weigh(layer) if padded else layer, one
    own = _layer("TextVectorization", vocabulary=[*VOCABULARY, "_"], standardize=_standardize, split=_split)
    yield "TextVectorization(standardize=function, split=function)", _weigh(own), one
    yield "Hashing", _layer("Hashing", num_bins=4), one
    yield "HashedCrossing", lambda given: _layer("HashedCrossing", num_bins=4)([given, given]), one


def _standardize(text: Any) -> Any:
    lower = tf.strings.regex_replace(tf.strings.lower(text), "<br />", " ")
    return tf.strings.regex_replace(tf.strings.regex_replace(lower, r"\s+", "_"), "[!.;]", "")


def _split(text: Any) -> Any:
    return tf.strings.split(text, sep=",")


def _numbers() -> _Cases:
    floats = {"x": np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)}
    edges = {"x": np.array([[0, 1, 0.5], [-np.inf, np.inf, np.nan], [0.49, 0.51, -0.0]], np.float32)}
    ids = {"number": np.array([[0, 1, 3], [2, 2, 2], [3, 0, 0]], np.int64)}
    yield "Normalization", _layer("Normalization", mean=[0.0, 1.0, 2.0], variance=[1.0, 2.0, 3.0]), floats
    yield "Normalization(invert=True)", _layer("Normalization", mean=0.5, variance=2.0, invert=True), floats
    yield "Rescaling", _layer("Rescaling", scale=1 / 255, offset=-0.5), floats
    for mode in ("int", "one_hot", "multi_hot", "count"):
        options: dict[str, Any] = {"output_mode": mode}
        yield (
            _name("Discretization", options),
            _layer("Discretization", bin_boundaries=[0.0, 0.5, 1.0], **options),
            edges,
        )
    for mode in ("one_hot", "multi_hot", "count"):
        options = {"output_mode": mode}
        yield _name("CategoryEncoding", options), _layer("CategoryEncoding", num_tokens=4, **options), ids
    for options in (
        *({}, {"mask_token": 0}, {"num_oov_indices": 3}, {"num_oov_indices": 3, "mask_token": 0}),
        *({"output_mode": "one_hot"}, {"output_mode": "multi_hot"}, {"invert": True}),
        *({"output_mode": "tf_idf", "idf_weights": [1.0, 2.0, 3.0]}, {"num_oov_indices": 3, "oov_method": "farmhash"}),
    ):
        yield (
            _name("IntegerLookup", options),
            _layer("IntegerLookup", vocabulary=[5, 7, -2], **options),
            _make_integers(),
        )
    yield "Hashing of integers", _layer("Hashing", num_bins=4), _make_integers()


def _images() -> _Cases:
    images = {"image": np.random.default_rng(2).uniform(0, 255, (6, 12, 10, 3)).astype(np.float32)}
    for interpolation in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5"):
        options: dict[str, Any] = {"interpolation": interpolation}
        yield _name("Resizing", options), _layer("Resizing", height=8, width=9, **options), images
    for options in ({"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}, {"antialias": True}):
        yield _name("Resizing", options), _layer("Resizing", height=8, width=9, **options), images
    yield "CenterCrop", _layer("CenterCrop", height=8, width=7), images
    yield "CenterCrop of a smaller image", _layer("CenterCrop", height=20, width=20), images
    yield "AutoContrast", _layer("AutoContrast", value_range=(0, 255)), images
    equalize = _layer("ContrastLimitedAdaptiveHistogramEqualization", value_range=(0, 255), tile_grid_size=(2, 2))
    yield "ContrastLimitedAdaptiveHistogramEqualization", equalize, images
    yield "MaxNumBoundingBoxes", _layer("MaxNumBoundingBoxes", max_number=3), images
    yield "Equalization", _layer("Equalization", value_range=(0, 255)), images
    yield "Solarization", _layer("Solarization", threshold_factor=0.5, value_range=(0, 255)), images
    for name, options in _RANDOM.items():
        yield name, _layer(name, **options), images


_RANDOM: Final[Mapping[str, dict[str, Any]]] = {
    "AugMix": {"value_range": (0, 255)},
    "CutMix": {},
    "MixUp": {},
    "RandAugment": {"value_range": (0, 255)},
    "RandomBrightness": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": 0.2},
    "RandomColorJitter": {"value_range": (0, 255), "brightness_factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomCrop": {"height": 8, "width": 7},
    "RandomElasticTransform": {},
    "RandomErasing": {},
    "RandomFlip": {},
    "RandomGaussianBlur": {},
    "RandomGrayscale": {},
    "RandomHue": {"factor": 0.2},
    "RandomInvert": {},
    "RandomPerspective": {},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.2},
    "RandomSharpness": {"factor": 0.2},
    "RandomShear": {"x_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
}
"""Layers that change nothing outside of training, RandomCrop apart, which then resizes and crops at the centre."""


def _sound() -> _Cases:
    sound = {"sound": np.random.default_rng(3).normal(size=(4, 2_000)).astype(np.float32)}
    yield "MelSpectrogram", _layer("MelSpectrogram", fft_length=256, sequence_stride=128, num_mel_bins=20), sound
    for mode in ("log", "magnitude", "psd", "real", "imag", "stft", "angle"):
        options: dict[str, Any] = {"mode": mode}
        layer = _layer("STFTSpectrogram", frame_length=256, frame_step=128, fft_length=256, **options)
        yield _name("STFTSpectrogram", options), layer, {"sound": sound["sound"][..., None]}


def _together() -> _Cases:
    yield "Reshape, Concatenate, StringLookup, Embedding", _join_columns, {"first": _column(1), "second": _column(2)}
    mixed: Inputs = {"word": _column(1), "age": np.arange(40, dtype=np.float32)[:, None], "id": _ids()}
    yield "words, numbers and ids in one model", _mix, mixed
    yield "FeatureSpace", _make_features, mixed
    yield "Pipeline", _pipe, {"x": np.ones((5, 3), np.float32)}


def _column(seed: int) -> Array:
    return np.random.default_rng(seed).choice(np.array(WORDS, object), (40, 1))


def _ids() -> Array:
    return np.random.default_rng(4).integers(-1, 9, (40, 1))


def _join_columns(given: Mapping[str, Any]) -> Any:
    joined = layers.Reshape((2, 1))(layers.Concatenate()(list(given.values())))
    ids = layers.StringLookup(vocabulary=VOCABULARY, mask_token="")(joined)
    return layers.Dense(2)(layers.Flatten()(layers.Embedding(20, 3)(ids)))


def _mix(given: Mapping[str, Any]) -> Any:
    ids = layers.TextVectorization(vocabulary=VOCABULARY, output_sequence_length=5)(given["word"])
    words = layers.Flatten()(layers.Embedding(20, 3)(ids))
    numbers = layers.Normalization(mean=20.0, variance=9.0)(given["age"])
    places = layers.IntegerLookup(vocabulary=[1, 2, 3], output_mode="one_hot")(given["id"])
    return layers.Dense(2)(layers.Concatenate()([words, numbers, places]))


def _make_features(_given: Mapping[str, Any]) -> Any:

    space = FeatureSpace(
        {
            "word": FeatureSpace.string_categorical(num_oov_indices=1),
            "age": FeatureSpace.float_discretized(3),
            "id": FeatureSpace.integer_categorical(num_oov_indices=1),
        },
        output_mode="concat",
    )
    rows = {"word": ["a", "b", "a"], "age": [1.0, 20.0, 30.0], "id": [1, 2, 3]}
    space.adapt(tf.data.Dataset.from_tensor_slices(rows))
    outputs = layers.Dense(2)(space.get_encoded_features())
    return keras.Model(list(space.get_inputs().values()), outputs)


def _pipe(given: Any) -> Any:
    return layers.Pipeline([layers.Rescaling(2.0), layers.Rescaling(0.5, offset=1.0)])(given)


def _name(layer: str, options: Mapping[str, Any]) -> str:
    shown = ", ".join(f"{key}={'…' if key == 'idf_weights' else repr(value)}" for key, value in options.items())
    return f"{layer}({shown})" if shown else layer
