"""Runs named arrays through a session, in batches that its signature allows."""

from __future__ import annotations

import numpy as np

from pilotlight.core.artifacts import Array, NamedArrays
from pilotlight.verification.compare_outputs import BATCH_SIZE
from pilotlight_runtime.datatypes import BF16, BYTES, Datatype
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature
from pilotlight_runtime.tensor import Tensor


def run_session(session: Session, inputs: NamedArrays) -> dict[str, Array]:
    """Compute all outputs for some inputs.

    Args:
        session: The opened graph.
        inputs: The inputs by name, which are sent as they are.

    Returns:
        The outputs by name.

    Raises:
        InferenceFailed: The session cannot compute them.
        ValueError: An input is unknown or has the wrong dtype.
    """
    tensors = {name: to_tensor(array, _find_datatype(session, name)) for name, array in inputs.items()}
    names = [spec.name for spec in session.signature.outputs]
    return {name: tensor.numpy() for name, tensor in zip(names, session.run(tensors, names), strict=True)}


def plan_batches(signature: Signature, available: int) -> tuple[int, int]:
    """Decide how many samples one call takes.

    Args:
        signature: The inputs of the graph.
        available: The number of available samples.

    Returns:
        The number of samples in one call, and the number of available samples that fill whole calls. One call takes
        BATCH_SIZE samples where the first dimension of the inputs is open, else as many as all inputs fix.

    Raises:
        ValueError: The inputs do not share a first dimension, or fewer samples exist than one call takes.
    """
    firsts = {spec.shape[0] if spec.shape else 0 for spec in signature.inputs}
    if firsts == {-1}:
        return BATCH_SIZE, available
    size = max(firsts, default=0)
    if len(firsts) != 1 or size < 1:
        shapes = ", ".join(f"{spec.name} {list(spec.shape)}" for spec in signature.inputs)
        raise ValueError(f"the inputs do not share a first axis for samples ({shapes})")
    if available < size:
        raise ValueError(f"the graph takes {size} samples a call, and only {available} are held out")
    return size, available - available % size


def take_first_samples(signature: Signature, inputs: NamedArrays) -> dict[str, Array]:
    """Return the first samples of some inputs.

    Args:
        signature: The inputs of the graph.
        inputs: Samples by input name, along the first axis.

    Returns:
        As few samples as one call takes: one where the first dimension of the inputs is open.
    """
    size = max((spec.shape[0] for spec in signature.inputs if spec.shape), default=1)
    return {name: array[: max(size, 1)] for name, array in inputs.items()}


def to_tensor(array: Array, datatype: Datatype) -> Tensor:
    """Convert an array to a tensor. Nothing is cast.

    Args:
        array: The array. BF16 is uint16 bits, or a two-byte bfloat16 of another library.
        datatype: The datatype of the tensor.

    Raises:
        ValueError: The array has another dtype.
    """
    if datatype is BF16 and array.dtype.name == "bfloat16":
        return Tensor.from_numpy(array.view(np.uint16), datatype)
    if datatype is BYTES:
        if array.dtype.kind not in "OSU":  # a number n would become n zero bytes
            raise ValueError(f"BYTES needs texts or bytes, not {array.dtype}")
        return Tensor.from_numpy(array.astype(object), datatype)
    return Tensor.from_numpy(np.asarray(array), datatype)


def _find_datatype(session: Session, name: str) -> Datatype:
    spec = session.signature.input(name)
    if spec is None:
        known = ", ".join(spec.name for spec in session.signature.inputs)
        raise ValueError(f"the model has no input {name!r}; it has {known}")
    return spec.datatype
