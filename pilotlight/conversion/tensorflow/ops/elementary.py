"""Elementary functions that ONNX lacks, by identities that keep the precision near zero and the values at infinity."""

from __future__ import annotations

from typing import Final

from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions


def _expm1(build: Builder) -> str:
    """e^x - 1 = tanh(x / 2) (e^x + 1). The difference itself would lose its digits near zero."""
    (given,) = build.inputs
    half = build.add("Tanh", build.add("Mul", given, 0.5))
    return build.add("Mul", half, build.add("Add", build.add("Exp", given), 1.0))


def _log1p(build: Builder) -> str:
    """log(1 + x) = log(u) x / (u - 1), where u is 1 + x rounded: x where u is 1, and log(u) where u is x."""
    (given,) = build.inputs
    rounded = build.add("Add", given, 1.0)
    step = build.add("Sub", rounded, 1.0)
    logarithm = build.add("Log", rounded)
    is_tiny = build.add("Equal", rounded, 1.0)
    factor = build.add("Div", given, build.add("Where", is_tiny, 1.0, step))
    corrected = build.add("Where", is_tiny, given, build.add("Mul", logarithm, factor))
    return build.add("Where", build.add("Equal", rounded, given), logarithm, corrected)


def _erf(build: Builder) -> str:
    """ONNX Runtime has Erf only of FP32."""
    given = build.inputs[0]
    if build.datatype == TensorProto.FLOAT:
        return build.add("Erf", given)
    return build.cast(build.add("Erf", build.cast(given, TensorProto.FLOAT)), build.datatype)


def _erfc(build: Builder) -> str:
    return build.add("Sub", 1.0, _erf(build))


_CENTRAL: Final = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_TAIL: Final = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip
"""M. Giles, Approximating the erfinv function (2010): single precision, in w - 2.5 and sqrt(w) - 3."""
_TAIL_BEGINS: Final = 5.0


def _erfinv(build: Builder) -> str:
    """Giles' polynomials in w = -log((1 - x) (1 + x)), which have the relative precision of single precision."""
    (given,) = build.inputs
    product = build.add("Mul", build.add("Sub", 1.0, given), build.add("Add", 1.0, given))
    width = build.add("Neg", build.add("Log", product))
    central = evaluate_polynomial(build, build.add("Sub", width, 2.5), _CENTRAL)
    root = build.add("Sqrt", build.add("Max", width, _TAIL_BEGINS))
    tail = evaluate_polynomial(build, build.add("Sub", root, 3.0), _TAIL)
    factor = build.add("Where", build.add("Less", width, _TAIL_BEGINS), central, tail)
    at_end = build.add("Equal", build.add("Abs", given), 1.0)
    infinite = build.add("Mul", given, float("inf"))
    return build.add("Where", at_end, infinite, build.add("Mul", given, factor))


def evaluate_polynomial(build: Builder, value: str, coefficients: tuple[float, ...]) -> str:
    """Evaluate a polynomial by Horner's rule. The first coefficient is that of the highest power."""
    result = build.add("Add", build.add("Mul", value, coefficients[0]), coefficients[1])
    for coefficient in coefficients[2:]:
        result = build.add("Add", build.add("Mul", value, result), coefficient)
    return result


EXPRESSIONS: Final[Expressions] = {"Expm1": _expm1, "Log1p": _log1p, "Erf": _erf, "Erfc": _erfc, "Erfinv": _erfinv}
