"""Runs a session once on zeros at init, so that the first caller does not wait for what a first run prepares."""

from __future__ import annotations

import struct

from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor, element_count

_MAX_ELEMENTS: Final = 64 * 1024 * 1024


def warm_up(session: Session, signature: Signature) -> InferenceFailed | None:
    """Runs `session` once on the smallest zeros that the signature allows.

    Args:
        session: The opened graph.
        signature: Names, datatypes and shapes; every open dimension becomes 1.

    Returns:
        Why the run failed; None where it succeeded. Inputs that would be huge are not tried.
    """
    if sum(element_count(smallest(spec)) for spec in signature.inputs) > _MAX_ELEMENTS:
        return InferenceFailed("its smallest inputs are too large to try it with")
    inputs = zero_inputs(signature)
    try:
        session.run(inputs, tuple(spec.name for spec in signature.outputs))
    except InferenceFailed as error:
        _try_ones(session, signature)
        return error
    return None


def _try_ones(session: Session, signature: Signature) -> None:
    """Runs `session` on ones. Zeros are no valid divisors or sizes, so a graph may refuse them and answer ones.

    A session that has answered reports a later failure as the input's fault; see engine/refusals.py.
    """
    from contextlib import suppress

    inputs = {spec.name: _ones(spec.datatype, smallest(spec)) for spec in signature.inputs}
    with suppress(InferenceFailed):
        session.run(inputs, tuple(spec.name for spec in signature.outputs))


def _ones(kind: Datatype, shape: tuple[int, ...]) -> Tensor:
    count = element_count(shape)
    if kind is BYTES:
        return Tensor(kind, shape, (b"1",) * count)
    one = b"\x80\x3f" if kind is BF16 else struct.pack(f"<{kind.format}", 1)
    return Tensor(kind, shape, memoryview(one * count))


def zero_inputs(signature: Signature) -> dict[str, Tensor]:
    """Zeros, false or empty texts for each input, every open dimension 1."""
    return {spec.name: zeros(spec.datatype, smallest(spec)) for spec in signature.inputs}


def smallest(spec: TensorSpec) -> tuple[int, ...]:
    """The spec's shape, every open dimension 1."""
    return tuple(1 if size < 0 else size for size in spec.shape)


def zeros(kind: Datatype, shape: tuple[int, ...]) -> Tensor:
    """A tensor of zeros, false or empty texts."""
    count = element_count(shape)
    return Tensor(kind, shape, (b"",) * count if kind is BYTES else memoryview(bytes(count * kind.itemsize)))
