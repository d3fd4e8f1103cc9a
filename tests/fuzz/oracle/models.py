"""What a model answers to a well-formed request: its signature is checked, and whether JSON carries its outputs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fuzz.arrays import Array, Arrays, Spec
from fuzz.oracle.expected import COLUMNS, DIRECT, MALFORMED, ROWS, TOO_LARGE, Expected, Invalid, Request
from fuzz.packaging import Packaged
from fuzz.targets import Target
from fuzz.targets.target import Refused, TooMuch, Unknown

FAILED = frozenset({500})
_EXACT = 2**20
_SURELY_CARRIED = 200_000
"""Elements and bytes of text. Above, the digits decide whether Lambda carries the answer."""


def run(packaged: Packaged, request: Request, *, proxy: bool = True, lenient: bool = False) -> Expected:
    """Runs the target's own definition of the model.

    Args:
        packaged: The function.
        request: What it is asked.
        proxy: See Expected.
        lenient: See Expected.

    Returns:
        The expected answer.

    Raises:
        Invalid: The request is refused.
    """
    target = packaged.target
    _check_inputs(target.inputs, request)
    specs = {spec.name: spec for spec in target.outputs}
    if not specs.keys() >= set(request.outputs):
        raise Invalid("an unknown output")
    wanted = request.outputs or tuple(specs)
    if target.fails(request.inputs):
        raise Invalid("app.py fails", FAILED)
    outputs = _compute(target, request.inputs)
    if request.form == DIRECT and any(request.binary.get(name, request.binary_default) for name in wanted):
        carried = [_carry(specs[name], outputs[name], request) for name in wanted if outputs and name in outputs]
        large = sum(carried) >= _SURELY_CARRIED
        raise Invalid("a binary answer to a direct invocation", TOO_LARGE if large else MALFORMED)
    if outputs is None:
        return Expected(request=request, outputs={}, proxy=proxy, lenient=True)
    expected = Expected(request=request, outputs=outputs, proxy=proxy, lenient=lenient)
    carried = [_carry(specs[name], outputs[name], request) for name in wanted if name in outputs]
    return expected if sum(carried) < _SURELY_CARRIED else replace(expected, lenient=True)


def _compute(target: Target, inputs: Arrays) -> Arrays | None:
    """The outputs; None where they are not known."""
    if not target.exact and not all(map(_is_whole, inputs.values())):
        return None
    try:
        with np.errstate(all="ignore"):
            return target.compute(inputs)
    except TooMuch as refusal:
        raise Invalid(str(refusal), TOO_LARGE, by_model=True, elements=refusal.elements) from None
    except Refused as refusal:
        raise Invalid(str(refusal), by_model=True) from None
    except Unknown:
        return None


def _carry(spec: Spec, array: Array, request: Request) -> int:
    """Roughly the size of an output in the answer; Invalid where the answer cannot hold it."""
    if request.form == ROWS and (not array.shape or array.shape[0] != request.rows):
        raise Invalid("an output without a row for each instance")
    serving = request.form in (ROWS, COLUMNS)
    if serving or not request.binary.get(spec.name, request.binary_default):
        if spec.datatype == "BF16":
            raise Invalid("BF16 in JSON")
        if not serving and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise Invalid("NaN or infinity in JSON")
        if spec.datatype == "BYTES" and not serving and not all(map(is_text, array.ravel())):
            raise Invalid("bytes that are no text in JSON")
    return array.size + (sum(map(len, array.ravel())) if spec.datatype == "BYTES" else 0)


def is_text(element: bytes) -> bool:
    """Whether an element of BYTES is UTF-8."""
    try:
        element.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_inputs(specs: tuple[Spec, ...], request: Request) -> None:
    """Exactly the model's inputs; sizes that have one name in the graph are equal."""
    if request.inputs.keys() != {spec.name for spec in specs}:
        raise Invalid("other inputs than the model's")
    sizes: dict[str, int] = {}
    for spec in specs:
        shape = request.inputs[spec.name].shape
        if request.datatypes[spec.name] != spec.datatype or len(shape) != len(spec.dims):
            raise Invalid("another datatype or rank")
        for size, dim in zip(shape, spec.dims, strict=True):
            wanted = sizes.setdefault(dim, size) if isinstance(dim, str) else dim
            if wanted not in (None, size):
                raise Invalid("another shape")


def _is_whole(array: Array) -> bool:
    """Whether sums and products of the elements are the same in any order."""
    if array.dtype.kind != "f":
        return True
    return all(
        math.isfinite(value) and value == int(value) and abs(value) <= _EXACT for value in array.ravel().tolist()
    )
