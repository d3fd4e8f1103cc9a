"""Functions with an app.py of their own: text behind a vocabulary, two graphs, code that refuses or fails."""

from __future__ import annotations

import re
from math import prod
from random import Random

import numpy as np
from support import two_graphs

from fuzz.arrays import CANARY, Array, Arrays, Spec, texts
from fuzz.targets.target import Refused, Target, Unknown, graph_target

TOKENS = ("dull", "fine", "funny")
LONGEST = 100
LOST_WORD = "fail"
"""Where a text begins so, the app.py of `hook` raises an exception that quotes it."""

_PLAIN = re.compile(rb"[a-z]+( [a-z]+)*")
_HOOK = """
from pilotlight_runtime import model_handler

LEAVE = {"exit": SystemExit, "stop": KeyboardInterrupt, "close": GeneratorExit, "quote": ValueError, "key": KeyError}

def predict(session, inputs):
    first = inputs["x"].elements[0].decode("utf-8", "replace") if inputs["x"].elements else ""
    if first.startswith("fail"):
        fail(first)
    (again,) = session.run(inputs, ["y"])
    return {"y": again}

def fail(text):
    kind = text.split()[1]
    if kind == "name":
        raise type(text.replace(" ", "_"), (Exception,), {})("nothing")
    if kind == "print":
        raise ValueError(text) from RuntimeError(f"cannot read {text!r} or {text}")
    raise LEAVE[kind](text, f'"{text}"', f"'{text}'", text.encode())

handler = model_handler(__file__, predict=predict)
"""
_FINITE = """
from pilotlight_runtime import model_handler, predict_finite

handler = model_handler(__file__, predict=predict_finite)
"""
_CLASSIFIER_APP = f"""
from pilotlight_runtime import Limits, model_handler, text_classifier, words

handler = model_handler(__file__, prepare=text_classifier(words, Limits(longest={LONGEST}, cells=6, mixed=True)))
"""
_CLASSIFIER_TOML = """
kind = "onnx"
[training]
data = "drawn"
[[signature.inputs]]
name = "text"
datatype = "BYTES"
shape = [-1]
[[signature.outputs]]
name = "probabilities"
datatype = "FP32"
shape = [-1, 2]
[[signature.outputs]]
name = "label"
datatype = "BYTES"
shape = [-1]
"""
_CLASSIFIER_TRAIN = f"""
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import parser
from pilotlight.core.artifacts import Dataset, Exported
from pilotlight_runtime import Vocabulary, words

GRAPH = '''
<ir_version: 9, opset_import: ["" : 18]> counting (int64[n, length] ids) => (float[n, 2] scores) {{
    axis = Constant <value_ints = [1]> ()
    four = Constant <value_float = 4.0> ()
    real = Cast <to = 1> (ids)
    sum = ReduceSum <keepdims = 1> (real, axis)
    x = Sub(sum, four)
    minus = Neg(x)
    scores = Concat <axis = 1> (x, minus)
}}
'''

def load(run):
    texts = np.array(["fine", "dull", "funny fine", "dull odd"] * 10)
    return Dataset(texts, np.zeros(40, int), texts, np.zeros(40, int), run.source, "drawn")

def train(data, run):
    vocabulary = Vocabulary({TOKENS!r})
    path = Path(__file__).with_name("counting.onnx")
    onnx.save(parser.parse_model(GRAPH), path)

    def predict(inputs):
        sums = [sum(vocabulary.ids(words(text))) - 4.0 for text in inputs["text"].tolist()]
        scores = np.array([[x, -x] for x in sums], np.float32)
        labels = np.array([["good", "bad"][x < 0] for x in sums], dtype=object)
        return {{"probabilities": scores, "label": labels}}

    data.y_test[:] = np.argmax(predict({{"text": data.x_test}})["probabilities"], axis=1)
    assets = {{"vocabulary.json": vocabulary.dump(), "labels.json": json.dumps(["good", "bad"]).encode()}}
    return Exported({{"classifier": path}}, predict, assets)
"""


def app_targets() -> list[Target]:
    """The targets of this module."""
    text = (Spec("text", "BYTES", ("n",)),)
    return [
        graph_target(
            "hook",
            "(string[n] x) => (string[n] y) { y = Identity(x) }",
            lambda x: x,
            {"x": _first_fails},
            files={"app.py": _HOOK},
            fails=_first_is_lost,
        ),
        graph_target("finite", "(float[n] x) => (float[n] y) { y = Neg(x) }", _finite, files={"app.py": _FINITE}),
        Target(
            "classifier",
            text,
            (Spec("probabilities", "FP32", ("n", 2)), Spec("label", "BYTES", ("n",))),
            _classify,
            draws={"text": _sentences},
            files={"model.toml": _CLASSIFIER_TOML, "train.py": _CLASSIFIER_TRAIN, "app.py": _CLASSIFIER_APP},
        ),
        Target(
            "pair",
            text,
            (Spec("scores", "FP32", ("n", 3)), Spec("longest", "BYTES", ("n",))),
            _longest,
            draws={"text": _sentences},
            files={"model.toml": two_graphs.MODEL_TOML, "train.py": two_graphs.TRAIN, "app.py": two_graphs.APP},
        ),
    ]


def _finite(x: Array) -> Array:
    if not np.isfinite(x).all():
        raise Refused("NaN or infinity")
    return -x


def _classify(arrays: Arrays) -> Arrays:
    """Ids: 0 padding, 1 unknown, then the tokens; the score is their sum less 4."""
    ids = {token.encode(): number for number, token in enumerate(TOKENS, start=2)}
    sums = [sum(ids.get(word, 1) for word in text.split(b" ")) - 4.0 for text in _plain(arrays["text"])]
    scores = np.array([[x, -x] for x in sums], "<f4").reshape(-1, 2)
    return {"probabilities": scores, "label": texts([b"bad" if x < 0 else b"good" for x in sums])}


def _longest(arrays: Arrays) -> Arrays:
    """The first of the longest words; the scores have no expected value (None)."""
    found = _plain(arrays["text"])
    return {"longest": texts([max(text.split(b" "), key=len) for text in found])}


def _plain(array: Array) -> list[bytes]:
    """The texts; Refused for one that is empty, too long or not UTF-8, Unknown for one that is not cut at spaces."""
    found: list[bytes] = array.ravel().tolist()
    for text in found:
        try:
            characters = text.decode()
        except UnicodeDecodeError:
            raise Refused("not UTF-8") from None
        if not characters.strip() or len(characters) > LONGEST:
            raise Refused("empty or too long")
    if not all(map(_PLAIN.fullmatch, found)):
        raise Unknown("text that is not cut at spaces alone")
    return found


def _first_is_lost(arrays: Arrays) -> bool:
    return bool(arrays["x"].size) and arrays["x"].ravel()[0].startswith(LOST_WORD.encode())


def _first_fails(rng: Random, shape: tuple[int, ...]) -> Array:
    found = [rng.choice((b"a", b"b c", b"", b"\xff")) for _ in range(prod(shape))]
    if found and rng.random() < 0.3:
        kind = rng.choice(("name", "print", "exit", "stop", "close", "quote", "key"))
        found[0] = f"{LOST_WORD} {kind} {CANARY}".encode()
    return texts(found, shape)


def _sentences(rng: Random, shape: tuple[int, ...]) -> Array:
    words = ("dull", "fine", "funny", "odd", "a", "bcd")
    found = [" ".join(rng.choice(words) for _ in range(rng.randint(1, 6))).encode() for _ in range(prod(shape))]
    if found and rng.random() < 0.2:
        odd = (b"", b" ", b"\xff\xfe", "naïve".encode(), b"x" * (LONGEST + 1), b"don't", b"\0", CANARY.encode())
        found[rng.randrange(len(found))] = rng.choice(odd)
    return texts(found, shape)
