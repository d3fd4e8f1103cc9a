"""Functions that carry or compute numbers: every datatype, shapes of every kind, integer division."""

from __future__ import annotations

from math import prod
from random import Random

import numpy as np

from fuzz.arrays import Array, Draw
from fuzz.targets.target import Refused, Target, graph_target

ONNX_NAMES = {
    "BOOL": "bool",
    **{f"UINT{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    "FP16": "float16",
    "FP32": "float",
    "FP64": "double",
    "BF16": "bfloat16",
    "BYTES": "string",
}


def number_targets() -> list[Target]:
    """The targets of this module."""
    return [
        *(_identity(f"id-{name.lower()}", kind, "[n]") for name, kind in ONNX_NAMES.items()),
        _identity("scalar", "float", ""),
        _identity("scalar-text", "string", ""),
        _identity("fixed", "float", "[2,3]"),
        _identity("cube", "int64", "[n,m,2]"),
        graph_target(
            "add",
            "(float[n,3] a, float[n,3] b) => (float[n,3] sum, float[n,3] difference)"
            " { sum = Add(a, b) difference = Sub(a, b) }",
            lambda a, b: {"sum": a + b, "difference": a - b},
        ),
        graph_target(
            "add-open", "(double[n] a, double[n] b) => (double[n] sum) { sum = Add(a, b) }", lambda a, b: a + b
        ),
        graph_target("ratio", "(float[n] a, float[n] b) => (float[n] y) { y = Div(a, b) }", lambda a, b: a / b),
        graph_target("root", "(double[n] x) => (double[n] y) { y = Sqrt(x) }", np.sqrt),
        graph_target(
            "matmul",
            "(float[n,k] a, float[k,m] b) => (float[n,m] y) { y = MatMul(a, b) }",
            _matmul,
            {"a": _small, "b": _small},
            exact=False,
        ),
        *_divisions(),
        graph_target(
            "mixed",
            "(float[n,2] x, int64[n] i, string[n] s, bool[n] f, uint8 u)"
            " => (float[n,2] minus, int64[n] twice, string[n] again, bool[n] other, uint8 same)"
            " { minus = Neg(x) twice = Add(i, i) again = Identity(s) other = Not(f) same = Identity(u) }",
            lambda x, i, s, f, u: {"minus": -x, "twice": i + i, "again": s, "other": ~f, "same": u},
        ),
        _wide(24),
    ]


def _divisions() -> list[Target]:
    graphs = {
        "div-int8": ("int8", "y = Div(a, b)", _div),
        "div-int32": ("int32", "y = Div(a, b)", _div),
        "div-int64": ("int64", "y = Div(a, b)", _div),
        "mod-int64": ("int64", "y = Mod(a, b)", _mod),
        "fmod-int32": ("int32", "y = Mod <fmod = 1> (a, b)", _fmod),
    }
    found = [
        graph_target(
            name,
            f"({kind}[n] a, {kind}[n] b) => ({kind}[n] y) {{ {node} }}",
            compute,
            {"a": _extremes(kind), "b": _extremes(kind)},
        )
        for name, (kind, node, compute) in graphs.items()
    ]
    constant = "(int64[n] a) => (int64[n] y) { m = Constant <value_ints = [-1]> () y = Div(a, m) }"
    return [*found, graph_target("div-constant", constant, lambda a: 0 - a, {"a": _extremes("int64")})]


def _identity(name: str, kind: str, shape: str) -> Target:
    return graph_target(name, f"({kind}{shape} x) => ({kind}{shape} y) {{ y = Identity(x) }}", lambda x: x)


def _wide(count: int) -> Target:
    ins = ", ".join(f"int32 x{i}" for i in range(count))
    outs = ", ".join(f"int32 y{i}" for i in range(count))
    nodes = " ".join(f"y{i} = Neg(x{i})" for i in range(count))
    return graph_target(
        "wide",
        f"({ins}) => ({outs}) {{ {nodes} }}",
        lambda *arrays: {f"y{i}": 0 - array for i, array in enumerate(arrays)},
    )


def _div(a: Array, b: Array) -> Array:
    """Division towards zero in two's complement (ONNX's Div of integers); by zero is undefined."""
    _refuse_zeros(b)
    quotients = [
        abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1) for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]
    width = 8 * a.dtype.itemsize
    return np.array([(q + 2 ** (width - 1)) % 2**width - 2 ** (width - 1) for q in quotients], a.dtype)


def _mod(a: Array, b: Array) -> Array:
    """The remainder with the divisor's sign (ONNX's Mod with fmod = 0)."""
    _refuse_zeros(b)
    return np.array([int(x) % int(y) for x, y in zip(a, b, strict=True)], a.dtype)


def _fmod(a: Array, b: Array) -> Array:
    """The remainder with the dividend's sign (ONNX's Mod with fmod = 1)."""
    _refuse_zeros(b)
    rests = [abs(int(x)) % abs(int(y)) * (-1 if x < 0 else 1) for x, y in zip(a, b, strict=True)]
    return np.array(rests, a.dtype)


def _refuse_zeros(b: Array) -> None:
    if not b.all():
        raise Refused("integer division by zero")


def _matmul(a: Array, b: Array) -> Array:
    """Exact for the whole numbers that are drawn, whatever the order of the sums."""
    return np.asarray(a.astype(np.float64) @ b.astype(np.float64)).astype(np.float32)


def _small(rng: Random, shape: tuple[int, ...]) -> Array:
    return np.array([rng.randint(-9, 9) for _ in range(prod(shape))], "<f4").reshape(shape)


def _extremes(kind: str) -> Draw:
    info = np.iinfo(kind)
    most = (int(info.min), -1, 1, 7, -3, int(info.max))

    def draw(rng: Random, shape: tuple[int, ...]) -> Array:
        choices = (*most, 0) if rng.random() < 0.1 else most
        return np.array([rng.choice(choices) for _ in range(prod(shape))], kind).reshape(shape)

    return draw
