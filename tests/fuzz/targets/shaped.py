"""Functions whose output size or position comes from the input: where a graph fails on input that its types allow."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from random import Random

import numpy as np

from fuzz.arrays import Array, Draw
from fuzz.targets.target import Refused, Target, TooMuch, Unknown, graph_target

MOST = 2**21
"""Elements. An answer of so many is larger than Lambda carries, in binary too, unless it is compressed."""

_HUGE = (2**20, 2**24, 2**31 - 1, 2**33, 2**40, 2**60, 2**61, 2**61 - 1, 2**62, 2**63 - 1, -1, -2, -(2**63))


def shaped_targets() -> list[Target]:
    """The targets of this module."""
    return [
        graph_target(
            "fill",
            "(int64[1] count) => (int64[m] zeros) { zeros = ConstantOfShape <value = int64[1] {0}> (count) }",
            _fill,
            {"count": sizes},
        ),
        graph_target(
            "fill-float",
            "(int64[1] count) => (float[m] zeros) { zeros = ConstantOfShape(count) }",
            lambda count: _fill(count).astype("<f4"),
            {"count": sizes},
        ),
        graph_target(
            "fill-rank",
            "(int64[2] shape) => (float[a,b] zeros) { zeros = ConstantOfShape(shape) }",
            lambda shape: _fill(shape).astype("<f4"),
            {"shape": sizes},
        ),
        graph_target(
            "range",
            "(int64 start, int64 limit, int64 delta) => (int64[m] y) { y = Range(start, limit, delta) }",
            _range,
            {"start": sizes, "limit": sizes, "delta": among(1, 1, 2, -1, 0, 2**61)},
        ),
        graph_target(
            "expand",
            "(float[n,1] x, int64[2] shape) => (float[a,b] y) { y = Expand(x, shape) }",
            _expand,
            {"shape": sizes},
        ),
        graph_target(
            "one-hot",
            "(int64[n] index, int64 depth, float[2] values) => (float[n,d] y) { y = OneHot(index, depth, values) }",
            _one_hot,
            {"index": among(0, 1, 2, -1, -3, 9), "depth": sizes},
        ),
        graph_target(
            "tile",
            "(int32[n] x, int64[1] times) => (int32[m] y) { y = Tile(x, times) }",
            _tile,
            {"times": sizes},
        ),
        graph_target(
            "resize",
            "(float[1,1,h,w] x, int64[4] sizes) => (float[1,1,p,q] y)"
            ' { y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">'
            " (x, , , sizes) }",
            _resize,
            {"sizes": _resize_sizes},
        ),
        graph_target("pad", "(int32[n] x, int64[2] pads) => (int32[m] y) { y = Pad(x, pads) }", _pad, {"pads": sizes}),
        graph_target(
            "reshape",
            "(float[n] x, int64[2] shape) => (float[a,b] y) { y = Reshape(x, shape) }",
            _reshape,
            {"shape": among(0, 1, 2, 3, -1, -1, 5, -2, 2**61, 2**63 - 1)},
        ),
        graph_target(
            "top-k",
            "(int32[n] x, int64[1] k) => (int32[k] values, int64[k] places) { values, places = TopK(x, k) }",
            _top_k,
            {"k": sizes},
        ),
    ]


def among(*choices: int) -> Draw:
    """Draws INT64 elements from `choices`."""

    def draw(rng: Random, shape: tuple[int, ...]) -> Array:
        return np.array([rng.choice(choices) for _ in range(prod(shape))], "<i8").reshape(shape)

    return draw


def sizes(rng: Random, shape: tuple[int, ...]) -> Array:
    """Draws sizes: small ones as a rule, at times one that no memory holds, or that is negative."""
    found = [rng.randint(0, 6) for _ in range(prod(shape))]
    if found and rng.random() < 0.12:
        if rng.random() < 0.5:
            found = [1] * len(found)
        found[rng.randrange(len(found))] = rng.choice(_HUGE)
    return np.array(found, "<i8").reshape(shape)


def _resize_sizes(rng: Random, _: tuple[int, ...]) -> Array:
    return np.array([1, 1, *sizes(rng, (2,))], "<i8")


def _check_size(shape: Sequence[int]) -> None:
    if prod(shape) > MOST:
        raise TooMuch(prod(shape))
    if max(shape, default=0) > MOST:
        raise Unknown("no elements in a huge shape")


def _shape(array: Array) -> tuple[int, ...]:
    shape = _sizes(array)
    _check_size(shape)
    return shape


def _sizes(array: Array) -> tuple[int, ...]:
    found = tuple(int(size) for size in array)
    if min(found, default=0) < 0:
        raise Refused("a negative size")
    return found


def _fill(count: Array) -> Array:
    return np.zeros(_shape(count), "<i8")


def _range(start: Array, limit: Array, delta: Array) -> Array:
    first, last, step = int(start), int(limit), int(delta)
    if step == 0:
        raise Refused("a step of 0")
    _check_size([max(0, -((first - last) // step))])
    return np.array(list(range(first, last, step)), "<i8")


def _expand(x: Array, shape: Array) -> Array:
    wanted = _sizes(shape)
    full = tuple(b if a == 1 else a for a, b in zip(x.shape, wanted, strict=True))
    if any(a != b and 1 not in (a, b) for a, b in zip(x.shape, wanted, strict=True)):
        raise Refused("shapes that cannot be broadcast")
    _check_size(full)
    return np.ascontiguousarray(np.broadcast_to(x, full))


def _one_hot(index: Array, depth: Array, values: Array) -> Array:
    size = int(depth)
    if size <= 0:
        raise Refused("a depth below 1")
    _check_size((len(index), size))
    found = np.full((len(index), size), values[0], "<f4")
    for row, place in enumerate(index.tolist()):
        if -size <= place < size:
            found[row, place] = values[1]
    return found


def _tile(x: Array, times: Array) -> Array:
    count = int(times[0])
    if count < 0:
        raise Refused("a negative count")
    _check_size((len(x), count))
    return np.tile(x, count if len(x) else 0)


def _resize(x: Array, wanted: Array) -> Array:
    _, _, height, width = _shape(wanted)
    if 0 in (*x.shape, height, width) or tuple(wanted[:2]) != (1, 1):
        raise Unknown("an empty picture")
    rows = [int(row * (x.shape[2] / height)) for row in range(height)]
    columns = [int(column * (x.shape[3] / width)) for column in range(width)]
    return x[:, :, rows][:, :, :, columns]


def _pad(x: Array, pads: Array) -> Array:
    before, after = int(pads[0]), int(pads[1])
    _check_size([len(x) + max(before, 0) + max(after, 0)])
    if len(x) + before + after < 0:
        raise Refused("more taken away than there is")
    if len(x) + min(before, 0) + min(after, 0) < 0:
        raise Unknown("ONNX Runtime takes away what was added, too")
    found = np.pad(x, (max(before, 0), max(after, 0)))
    return found[max(-before, 0) : len(found) - max(-after, 0)]


def _reshape(x: Array, shape: Array) -> Array:
    wanted = [int(size) for size in shape]
    if 0 in wanted:  # ONNX: take the input's size; there is one dimension
        if wanted[1] == 0:
            raise Refused("there is no second dimension to copy")
        wanted[0] = len(x)
    if min(wanted) < -1 or wanted.count(-1) > 1:
        raise Refused("a size that is none")
    known = prod(size for size in wanted if size != -1)
    if -1 in wanted and (known == 0 or len(x) % known):
        raise Refused("no size fits")
    full = [len(x) // known if size == -1 else size for size in wanted]
    if prod(full) != len(x):
        raise Refused("another number of elements")
    _check_size(full)
    return x.reshape(full)


def _top_k(x: Array, k: Array) -> dict[str, Array]:
    count = int(k[0])
    if count >= 2**32:
        raise Refused("k beyond 32 bits")
    if not 0 <= count <= len(x):
        raise Refused("more than there are")
    order = sorted(range(len(x)), key=lambda place: (-int(x[place]), place))[:count]
    return {"values": x[order], "places": np.array(order, "<i8")}
