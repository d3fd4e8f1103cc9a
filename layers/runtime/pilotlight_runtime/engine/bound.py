"""Runs a session on memory that stays where it is: nothing is allocated, checked or copied in between.

A decoder runs once for each token, and its key-value cache is most of its inputs and outputs. ONNX Runtime's values
over that memory are made once. The same memory may be an input and an output; the operators of the graph decide what
that means, as GroupQueryAttention does, which then writes only the new positions.
"""

from __future__ import annotations

from pilotlight_runtime.engine.abi import OrtApi
from pilotlight_runtime.engine.c_types import c_char_p, c_size_t, c_void_p
from pilotlight_runtime.engine.values import Handle, Values, array_type
from pilotlight_runtime.light_typing import Any, Iterable, Mapping
from pilotlight_runtime.tensor import Tensor


class BoundRun:
    """The arguments of a run: names, and values over the memory of tensors.

    One thread at a time may use it, because the memory has one content.

    Args:
        api: The library's functions.
        values: Makes values.
        inputs: Tensors of fixed-size datatypes by name. What their memory holds may change between runs.
        outputs: Tensors over writable memory by name, of the shapes that the graph gives them.
    """

    __slots__ = ("_arguments", "_kept", "_run")

    def __init__(
        self, api: OrtApi, values: Values, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]
    ) -> None:
        self._run = api.run
        made: dict[int, Handle] = {}
        for tensor in (*inputs.values(), *outputs.values()):
            if id(tensor) not in made:
                made[id(tensor)] = values.refer(tensor.buffer, tensor.datatype, tensor.shape)
        self._arguments = (
            None,
            _names(inputs),
            _pointers(made[id(tensor)] for tensor in inputs.values()),
            c_size_t(len(inputs)),
            _names(outputs),
            c_size_t(len(outputs)),
            _pointers(made[id(tensor)] for tensor in outputs.values()),
        )
        self._kept = made

    def __call__(self, session: Handle) -> None:
        """Runs `session` once; OrtError where the graph fails or an output has another shape."""
        self._run(session.pointer, *self._arguments)


def _names(names: Iterable[str]) -> Any:
    encoded = [name.encode() for name in names]
    return array_type(c_char_p, len(encoded))(*encoded)


def _pointers(handles: Iterable[Handle]) -> Any:
    found = [handle.pointer for handle in handles]
    return array_type(c_void_p, len(found))(*found)
