"""Named arrays through a session, in batches as its signature allows."""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import Array, Named
from pilotlight.verification.answers import BATCH
from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor


def run_once(session: Session, inputs: Named) -> dict[str, Array]:
    """All outputs for `inputs` as they are. InferenceFailed as the session raises it, ValueError for a wrong dtype."""
    tensors = {name: to_tensor(array, _datatype(session, name)) for name, array in inputs.items()}
    names = [spec.name for spec in session.signature.outputs]
    return {name: tensor.numpy() for name, tensor in zip(names, session.run(tensors, names), strict=True)}


def whole_batches(signature: Signature, available: int) -> tuple[int, int]:
    """How many samples one call takes, and how many of the available ones can be run so.

    A call takes BATCH samples where the first dimension of the inputs is open, else as many as all inputs fix.
    ValueError where the inputs do not share a first dimension, or fewer samples exist than a call takes.
    """
    firsts = {spec.shape[0] if spec.shape else 0 for spec in signature.inputs}
    if firsts == {-1}:
        return BATCH, available
    size = max(firsts, default=0)
    if len(firsts) != 1 or size < 1:
        shapes = ", ".join(f"{spec.name} {list(spec.shape)}" for spec in signature.inputs)
        raise ValueError(f"samples cannot lie along the first axis of the inputs ({shapes})")
    if available < size:
        raise ValueError(f"the graph takes {size} samples a call, and only {available} are held out")
    return size, available - available % size


def first_call(signature: Signature, inputs: Named) -> dict[str, Array]:
    """The first samples of `inputs`, as few as one call takes: one where the first dimension of the inputs is open."""
    size = max((spec.shape[0] for spec in signature.inputs if spec.shape), default=1)
    return {name: array[: max(size, 1)] for name, array in inputs.items()}


def to_tensor(array: Array, datatype: Datatype) -> Tensor:
    """`array` as a tensor; BF16 comes as uint16 bits or as a two-byte bfloat16 of another library.

    ValueError for another dtype: nothing is cast.
    """
    if datatype is BF16 and array.dtype.name == "bfloat16":
        return Tensor.from_numpy(array.view(np.uint16), datatype)
    if datatype is BYTES:
        if array.dtype.kind not in "OSU":  # a number would become as many zero bytes
            raise ValueError(f"BYTES needs texts or bytes, not {array.dtype}")
        return Tensor.from_numpy(array.astype(object), datatype)
    return Tensor.from_numpy(np.asarray(array), datatype)


def _datatype(session: Session, name: str) -> Datatype:
    spec = session.signature.input(name)
    if spec is None:
        known = ", ".join(spec.name for spec in session.signature.inputs)
        raise ValueError(f"the model has no input {name!r}; it has {known}")
    return spec.datatype
