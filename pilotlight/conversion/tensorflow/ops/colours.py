"""Colours between red, green, blue and hue, saturation, value, by the formulas of TensorFlow's kernels."""

from __future__ import annotations

from typing import Final

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions


def _split(build: Builder) -> list[str]:
    return [build.add("Gather", build.inputs[0], [channel], axis=-1) for channel in range(3)]


def _rgb_to_hsv(build: Builder) -> str:
    red, green, blue = _split(build)
    value = build.add("Max", red, green, blue)
    width = build.add("Sub", value, build.add("Min", red, green, blue))
    has_width, has_value = build.add("Greater", width, 0.0), build.add("Greater", value, 0.0)
    saturation = build.add("Where", has_value, build.add("Div", width, build.add("Where", has_value, value, 1.0)), 0.0)
    unit = build.add("Div", 1.0, build.add("Mul", 6.0, build.add("Where", has_width, width, 1.0)))

    def turn(first: str, second: str, begin: float) -> str:
        return build.add("Add", build.add("Mul", unit, build.add("Sub", first, second)), begin)

    other = build.add("Where", build.add("Equal", green, value), turn(blue, red, 2 / 6), turn(red, green, 4 / 6))
    hue = build.add("Where", build.add("Equal", red, value), turn(green, blue, 0.0), other)
    hue = build.add("Where", has_width, hue, 0.0)
    hue = build.add("Where", build.add("Less", hue, 0.0), build.add("Add", hue, 1.0), hue)
    return build.add("Concat", hue, saturation, value, axis=-1)


def _hsv_to_rgb(build: Builder) -> str:
    hue, saturation, value = _split(build)
    turn = build.add("Mul", hue, 6.0)
    rest = build.add("Sub", 1.0, saturation)

    def channel(centre: float, sign: float, offset: float) -> str:
        distance = build.add("Abs", build.add("Sub", turn, centre))
        share = build.add("Clip", build.add("Add", build.add("Mul", distance, sign), offset), 0.0, 1.0)
        return build.add("Mul", build.add("Add", rest, build.add("Mul", saturation, share)), value)

    return build.add("Concat", channel(3.0, 1.0, -1.0), channel(2.0, -1.0, 2.0), channel(4.0, -1.0, 2.0), axis=-1)


EXPRESSIONS: Final[Expressions] = {"RGBToHSV": _rgb_to_hsv, "HSVToRGB": _hsv_to_rgb}
