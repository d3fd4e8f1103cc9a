"""Functions that look something up, read text, branch or loop."""

from __future__ import annotations

import re
from math import prod
from random import Random

import numpy as np

from fuzz.arrays import Array, texts
from fuzz.targets.shaped import among
from fuzz.targets.target import Refused, Target, Unknown, graph_target

TABLE = (10.0, 11.0, 12.0, 13.0)
MOST_TURNS = 300
_NUMBER = re.compile(rb"[+-]?[0-9]+")


def lookup_targets() -> list[Target]:
    """The targets of this module."""
    places = among(0, 1, 2, 3, -1, -4, 4, -5, 2**40, -(2**63), 2**63 - 1)
    return [
        graph_target(
            "gather",
            "(int64[n] index) => (float[n] y)"
            " { t = Constant <value_floats = [10.0, 11.0, 12.0, 13.0]> () y = Gather(t, index) }",
            lambda index: np.array([TABLE[place] for place in _places(index, len(TABLE))], "<f4"),
            {"index": places},
        ),
        graph_target(
            "gather-own",
            "(string[n] x, int64[m] index) => (string[m] y) { y = Gather(x, index) }",
            lambda x, index: texts([x[place] for place in _places(index, len(x))]),
            {"index": places},
        ),
        graph_target(
            "scatter",
            "(int32[n] x, int64[m] index, int32[m] to) => (int32[n] y) { y = ScatterElements(x, index, to) }",
            _scatter,
            {"index": among(0, 1, -1, 2, 7)},
        ),
        graph_target(
            "concat",
            "(float[n,2] a, float[n,1] b) => (float[n,3] y) { y = Concat <axis = 1> (a, b) }",
            lambda a, b: np.concatenate([a, b], 1),
        ),
        graph_target(
            "concat-text",
            "(string[n] a, string[m] b) => (string[k] y_bytes) { y_bytes = Concat <axis = 0> (a, b) }",
            lambda a, b: np.concatenate([a, b]),
        ),
        graph_target(
            "text-to-int", "(string[n] x) => (int64[n] y) { y = Cast <to = 7> (x) }", _whole, {"x": _numerals}
        ),
        graph_target(
            "int-to-text",
            "(int64[n] x) => (string[n] y) { y = Cast <to = 8> (x) }",
            lambda x: texts([str(value).encode() for value in x.tolist()]),
        ),
        graph_target(
            "labels",
            "(string[n] x) => (int64[n] y)"
            ' { y = ai.onnx.ml.LabelEncoder <keys_strings = ["a", "b", "é"], values_int64s = [1, 2, 3],'
            " default_int64 = -1> (x) }",
            lambda x: np.array([{b"a": 1, b"b": 2, "é".encode(): 3}.get(value, -1) for value in x], "<i8"),
            {"x": _letters},
        ),
        graph_target(
            "branch",
            "(bool c, int32[n] x) => (int32[n] y) { y = If (c)"
            " <then_branch = t () => (int32[n] a) { a = Neg(x) },"
            " else_branch = e () => (int32[n] b) { b = Add(x, x) }> }",
            lambda c, x: 0 - x if c else x + x,
        ),
        graph_target(
            "loop",
            "(int64 turns, int64[n] x) => (int64[n] y) { yes = Constant <value = bool {1}> ()"
            " most = Constant <value_int = 300> () few = Min (turns, most) y = Loop (few, yes, x)"
            " <body = b (int64 i, bool go, int64[n] a) => (bool on, int64[n] c) { on = Identity(go) c = Add(a, x) }> }",
            lambda turns, x: x + x * min(max(int(turns), 0), MOST_TURNS),
            {"turns": lambda rng, _: np.array(rng.choice((0, 1, 3, MOST_TURNS, -1, -(2**63))), "<i8")},
        ),
    ]


def _places(index: Array, size: int) -> list[int]:
    found: list[int] = index.tolist()
    if any(not -size <= place < size for place in found):
        raise Refused("an index out of range")
    return found


def _scatter(x: Array, index: Array, to: Array) -> Array:
    found = x.copy()
    places = _places(index, len(x))
    for place, value in zip(places, to.tolist(), strict=True):
        found[place] = value
    return found


def _whole(x: Array) -> Array:
    """ONNX asks for numbers; ONNX Runtime also reads the number that a text begins with."""
    if any(_NUMBER.match(value) and not _NUMBER.fullmatch(value) for value in x):
        raise Unknown("text after a number")
    if any(not _NUMBER.fullmatch(value) or not -(2**63) <= int(value) < 2**63 for value in x):
        raise Refused("text that is no whole number")
    return np.array([int(value) for value in x], "<i8")


def _numerals(rng: Random, shape: tuple[int, ...]) -> Array:
    choices = [b"0", b"7", b"-12", b"9223372036854775807", b"-9223372036854775808"]
    if rng.random() < 0.25:
        choices += [b"", b"x", b"9223372036854775808", "٣".encode(), b"\xff", b"--1", b"1e"]
    return texts([rng.choice(choices) for _ in range(prod(shape))], shape)


def _letters(rng: Random, shape: tuple[int, ...]) -> Array:
    choices = (b"a", b"b", "é".encode(), b"", b"A", b"a\0", b"\xff", b"ab")
    return texts([rng.choice(choices) for _ in range(prod(shape))], shape)
