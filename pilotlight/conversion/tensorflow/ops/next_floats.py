"""NextAfter, the floating-point number beside another one, by arithmetic alone: ONNX cannot see the bits of a float.

S. M. Rump et al., Computing predecessor and successor in rounding to nearest (2009), algorithm 2.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import helper

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions


def _step_towards(build: Builder) -> str:
    """Step towards the other number. One that is equal is the answer itself, and NaN stays NaN."""
    given, target = build.inputs
    size = build.add("Abs", given)
    kind = np.finfo(helper.tensor_dtype_to_np_dtype(build.datatype))
    is_up = build.add("Less", given, target)
    beside = _add_step(build, given, size, is_up, kind)
    largest = build.add("Where", is_up, float(kind.min), float(kind.max))
    beside = build.add("Where", build.add("Equal", size, float("inf")), largest, beside)
    is_apart = build.add("Or", is_up, build.add("Less", target, given))
    # The sum is NaN where one of them is, and where they are equal the condition below takes the target.
    otherwise = build.add("Where", build.add("Equal", given, target), target, build.add("Add", given, target))
    return build.add("Where", is_apart, beside, otherwise)


def _add_step(build: Builder, given: str, size: str, is_up: str, kind: np.finfo) -> str:
    """Add or subtract slightly more than half a unit in the last place, so that rounding gives the number beside it."""
    unit, smallest = float(kind.eps) / 2, float(kind.smallest_subnormal)
    factor = unit * (1 + 2 * unit)
    scaled = build.add("Mul", given, 1 / unit)
    moved = {
        "normal": _move(build, given, build.add("Mul", size, factor), is_up),
        "small": build.add(
            "Mul", _move(build, scaled, build.add("Mul", build.add("Abs", scaled), factor), is_up), unit
        ),
        "subnormal": _move(build, given, smallest, is_up),
    }
    is_subnormal = build.add("Less", size, smallest / unit)
    is_small = build.add("Less", size, smallest / unit / unit / 2)
    below = build.add("Where", is_subnormal, moved["subnormal"], moved["small"])
    return build.add("Where", is_small, below, moved["normal"])


def _move(build: Builder, given: str, step: str | float, is_up: str) -> str:
    return build.add("Where", is_up, build.add("Add", given, step), build.add("Sub", given, step))


EXPRESSIONS: Final[Expressions] = {"NextAfter": _step_towards}
