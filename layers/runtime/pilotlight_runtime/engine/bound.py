"""Runs a session on memory that stays where it is: nothing is allocated, checked or copied in between.

A decoder runs once for each token, and its key-value cache is most of its inputs and outputs. ONNX Runtime's values
over that memory are made once. The same memory may be an input and an output; the operators of the graph decide what
that means, as GroupQueryAttention does, which then writes only the new positions.
"""

from __future__ import annotations

from pilotlight_runtime.caching import cache
from pilotlight_runtime.engine.abi import BindingApi, OrtApi
from pilotlight_runtime.engine.c_types import byref, c_void_p
from pilotlight_runtime.engine.values import Handle, Values
from pilotlight_runtime.light_typing import Mapping
from pilotlight_runtime.tensor import Tensor


class BoundRun:
    """What a run takes and gives.

    One thread at a time may use it, because the memory has one content.

    Args:
        api: The library's functions.
        values: Makes values.
        inputs: Tensors of fixed-size datatypes by name. What their memory holds may change between runs.
        outputs: Tensors over writable memory by name, of the shapes that the graph gives them.
    """

    __slots__ = ("_api", "_bound", "_inputs", "_outputs", "_session")

    def __init__(
        self, api: OrtApi, values: Values, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]
    ) -> None:
        self._api = _binding_api(api)
        made: dict[int, Handle] = {}
        for tensor in (*inputs.values(), *outputs.values()):
            if id(tensor) not in made:
                made[id(tensor)] = values.refer(tensor.buffer, tensor.datatype, tensor.shape)
        self._inputs = {name.encode(): made[id(tensor)] for name, tensor in inputs.items()}
        self._outputs = {name.encode(): made[id(tensor)] for name, tensor in outputs.items()}
        self._session: Handle | None = None
        self._bound: Handle | None = None

    def __call__(self, session: Handle) -> None:
        """Runs `session` once; OrtError where the graph fails or an output has another shape."""
        bound = self._bound
        if bound is None or session is not self._session:  # a graph that is packed later is another session then
            bound = self._bind(session)
        self._api.run_with_binding(session.pointer, None, bound.pointer)

    def _bind(self, session: Handle) -> Handle:
        api, made = self._api, c_void_p()
        api.create_io_binding(session.pointer, byref(made))
        bound = Handle(made.value, api.release_io_binding, session)
        for name, value in self._inputs.items():
            api.bind_input(bound.pointer, name, value.pointer)
        for name, value in self._outputs.items():
            api.bind_output(bound.pointer, name, value.pointer)
        self._session, self._bound = session, bound
        return bound


@cache
def _binding_api(api: OrtApi) -> BindingApi:
    return BindingApi(api)
