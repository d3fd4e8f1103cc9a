"""Projective transforms of images: ImageProjectiveTransformV3, with the rules of TensorFlow's kernel at the borders."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions


def _project(build: Builder) -> str:
    """Each pixel of the result takes its value at the place where the transform sends it in the image."""
    images, transforms, size, fill = build.inputs
    source = _Source(build, images, fill)
    rows, columns = (_count(build, build.add("Gather", size, np.array(axis))) for axis in (0, 1))
    y = build.add("Unsqueeze", rows, [0, 2])
    x = build.add("Unsqueeze", columns, [0, 1])
    parts = [build.add("Unsqueeze", build.add("Gather", transforms, [index], axis=1), [2]) for index in range(8)]

    def combine(first: str, second: str, last: str | float) -> str:
        turned = build.add("Add", build.add("Mul", first, x), build.add("Mul", second, y))
        return build.add("Add", turned, _number(last))

    depth = combine(parts[6], parts[7], 1.0)
    lost = build.add("Equal", depth, _number(0.0))
    divisor = build.add("Where", lost, _number(1.0), depth)
    place_x = source.map(build.add("Div", combine(parts[0], parts[1], parts[2]), divisor), source.width)
    place_y = source.map(build.add("Div", combine(parts[3], parts[4], parts[5]), divisor), source.height)
    if build.node.get_attr_str("interpolation") == "NEAREST":
        value = source.read(_round(build, place_y), _round(build, place_x))
    else:
        value = _interpolate(build, source, place_y, place_x)
    found = build.add("Where", build.add("Unsqueeze", lost, [-1]), source.fill, value)
    return build.cast(found, build.datatype)


def _number(value: str | float) -> str | np.ndarray:
    return value if isinstance(value, str) else np.array(value, np.float32)


def _count(build: Builder, size: str) -> str:
    places = build.add("Range", np.array(0, np.int64), build.cast(size, TensorProto.INT64), np.array(1, np.int64))
    return build.cast(places, TensorProto.FLOAT)


def _round(build: Builder, place: str) -> str:
    """Round half away from zero. ONNX's Round takes the even number."""
    half = build.add("Floor", build.add("Add", build.add("Abs", place), _number(0.5)))
    return build.add("Mul", build.add("Sign", place), half)


def _interpolate(build: Builder, source: _Source, y: str, x: str) -> str:
    top, left = build.add("Floor", y), build.add("Floor", x)
    bottom, right = build.add("Add", top, _number(1.0)), build.add("Add", left, _number(1.0))

    def weigh(near: str, far: str, begin: str, end: str, place: str) -> str:
        before = build.add("Unsqueeze", build.add("Sub", end, place), [-1])
        after = build.add("Unsqueeze", build.add("Sub", place, begin), [-1])
        return build.add("Add", build.add("Mul", before, near), build.add("Mul", after, far))

    above = weigh(source.read(top, left), source.read(top, right), left, right, x)
    below = weigh(source.read(bottom, left), source.read(bottom, right), left, right, x)
    return weigh(above, below, top, bottom, y)


class _Source:
    """The images that are read.

    Args:
        build: Adds the nodes.
        images: Images of shape [N, height, width, channels].
        fill: The value outside of them.

    Attributes:
        height, width: Their sizes, as FP32.
        fill: The value outside, as FP32.
    """

    def __init__(self, build: Builder, images: str, fill: str) -> None:
        self._build = build
        self._mode = build.node.get_attr_str("fill_mode")
        shape = build.add("Shape", images)
        batch, height, width, channels = (build.add("Slice", shape, [axis], [axis + 1]) for axis in range(4))
        self._batch = batch
        self._wide = width
        pixels = build.add("Concat", batch, build.add("Mul", height, width), channels, axis=0)
        self._pixels = build.add("Reshape", build.cast(images, TensorProto.FLOAT), pixels)
        self.height, self.width = build.cast(height, TensorProto.FLOAT), build.cast(width, TensorProto.FLOAT)
        self.fill = build.cast(fill, TensorProto.FLOAT)

    def map(self, place: str, size: str) -> str:
        """Bring a place outside back inside, as `fill_mode` says."""
        build, last = self._build, self._build.add("Sub", size, _number(1.0))
        if self._mode == "CONSTANT":
            return place
        if self._mode == "REFLECT":
            period = build.add("Mul", size, _number(2.0))
            turns = build.add("Floor", build.add("Div", build.add("Abs", place), period))
            folded = build.add("Sub", build.add("Abs", place), build.add("Mul", turns, period))
            before = build.add("Sub", folded, _number(1.0))
            past = build.add("Sub", build.add("Sub", period, folded), _number(1.0))
            negative = build.add("Where", build.add("Greater", folded, size), build.add("Sub", period, folded), before)
            positive = build.add("Where", build.add("GreaterOrEqual", folded, size), past, folded)
            place = build.add("Where", build.add("Less", place, _number(0.0)), negative, positive)
        if self._mode == "WRAP":
            turns = build.add("Floor", build.add("Div", build.add("Abs", place), build.add("Max", last, _number(1.0))))
            up = build.add("Add", place, build.add("Mul", size, build.add("Add", turns, _number(1.0))))
            down = build.add("Sub", place, build.add("Mul", size, turns))
            inside = build.add("Where", build.add("Greater", place, last), down, place)
            place = build.add("Where", build.add("Less", place, _number(0.0)), up, inside)
        return build.add("Min", build.add("Max", place, _number(0.0)), last)

    def read(self, y: str, x: str) -> str:
        """Return the pixels at whole places, and the fill value where they lie outside."""
        build, inside = self._build, ""
        places = []
        for place, size in ((y, self.height), (x, self.width)):
            last = build.add("Sub", size, _number(1.0))
            here = build.add(
                "And", build.add("GreaterOrEqual", place, _number(0.0)), build.add("LessOrEqual", place, last)
            )
            inside = build.add("And", inside, here) if inside else here
            known = build.add("Where", here, place, _number(0.0))
            places.append(build.cast(known, TensorProto.INT64))
        index = build.add("Add", build.add("Mul", places[0], self._wide), places[1])
        every = build.add("Concat", self._batch, build.add("Slice", build.add("Shape", index), [1], [3]), axis=0)
        index = build.add("Unsqueeze", build.add("Expand", index, every), [-1])
        value = build.add("GatherND", self._pixels, index, batch_dims=1)
        return build.add("Where", build.add("Unsqueeze", inside, [-1]), value, self.fill)


EXPRESSIONS: Final[Expressions] = {"ImageProjectiveTransformV3": _project}
