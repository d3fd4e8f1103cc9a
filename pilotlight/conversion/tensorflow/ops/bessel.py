"""The modified Bessel function of order zero.

Source: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions (1964), 9.8.1 and 9.8.2, whose relative errors
are below 2e-7.
"""

from __future__ import annotations

from typing import Final

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions
from pilotlight.conversion.tensorflow.ops.elementary import evaluate_polynomial

_BORDER: Final = 3.75
_INSIDE: Final = (0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1.0)
"""In (x / 3.75) squared."""
_OUTSIDE: Final = (
    0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281, -0.00157565, 0.00225319, 0.01328592, 0.39894228,
)  # fmt: skip
"""In 3.75 / x, of sqrt(x) e^-x I0(x)."""


def _i0(build: Builder) -> str:
    size = build.add("Abs", build.inputs[0])
    ratio = build.add("Div", build.add("Min", size, _BORDER), _BORDER)
    inside = evaluate_polynomial(build, build.add("Mul", ratio, ratio), _INSIDE)
    large = build.add("Max", size, _BORDER)
    scaled = evaluate_polynomial(build, build.add("Div", _BORDER, large), _OUTSIDE)
    outside = build.add("Mul", build.add("Div", build.add("Exp", large), build.add("Sqrt", large)), scaled)
    return build.add("Where", build.add("Less", size, _BORDER), inside, outside)


EXPRESSIONS: Final[Expressions] = {"BesselI0": _i0}
