"""How a session runs inputs of the same names, datatypes and shapes; made at their first run.

Making, reading and releasing ONNX Runtime's values takes 14 microseconds, five times as long as a small graph. So from
the third run on, small tensors are copied into buffers that the same values refer to each time, and results are copied
out of them: one call into the library.

ONNX Runtime writes an output into a buffer that it gets, or reports that the shape is another. In some cases it does
neither: it fills only one of two outputs of the same name, and leaves an output alone that is an input. Such outputs
must not have a buffer. The known cases are excluded, and the first run of each buffer shows whether there are others.
"""

from pilotlight_runtime.datatypes import BYTES, Datatype
from pilotlight_runtime.engine.abi import OrtApi, OrtError
from pilotlight_runtime.engine.c_types import c_char_p, c_size_t, c_void_p
from pilotlight_runtime.engine.values import COPY_UP_TO, Handle, Values, array_type, shape_array
from pilotlight_runtime.light_typing import Any, Final, Iterable, Mapping, Sequence
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor

_UNWRITTEN: Final = b"\xa5"
"""Fills output buffers before their first run. No BOOL has this value."""


class Plan:
    """Runs one combination of names, datatypes and shapes. Threads share it; each run takes buffers of its own."""

    __slots__ = (
        "_api",
        "_datatypes",
        "_free",
        "_input_names",
        "_output_names",
        "_reusable",
        "_runs",
        "_shapes",
        "_values",
    )

    def __init__(
        self, api: OrtApi, values: Values, inputs: Mapping[str, Tensor], outputs: Sequence[TensorSpec]
    ) -> None:
        self._api = api
        self._values = values
        self._input_names = _names(inputs)
        self._output_names = _names(spec.name for spec in outputs)
        self._shapes = [shape_array(tensor.shape) for tensor in inputs.values()]
        self._datatypes = [spec.datatype for spec in outputs]
        self._free: list[_Buffers] = []
        names = {spec.name for spec in outputs}
        self._reusable = len(names) == len(outputs) and names.isdisjoint(inputs)
        self._runs = 0

    @property
    def ran(self) -> bool:
        """Whether a run has succeeded."""
        return self._runs > 0

    def run(self, session: Handle, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Runs inputs of the names, datatypes and shapes of the first run; OrtError where the model fails."""
        try:
            buffers = self._free.pop()
        except IndexError:
            answer = self._run_once(session, inputs)
            self._runs += 1
            if self._runs > 1 and self._reusable and _small([*inputs.values(), *answer]):
                names = self._input_names, self._output_names
                self._free.append(_Buffers(self._api, self._values, inputs, answer, names))
            return answer
        try:
            answer = buffers.run(session, inputs)
        except (OrtError, _NotWritten):
            # The input is at fault, or the outputs are; a run without buffers tells which.
            answer = self._run_once(session, inputs)
            self._reusable = False
            self._free.clear()
            return answer
        self._free.append(buffers)
        return answer

    def _run_once(self, session: Handle, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        """Runs with new values: inputs are not copied, and outputs may have any shape."""
        lent = list(map(self._values.lend, inputs.values(), self._shapes))
        given = array_type(c_void_p, len(lent))(*[value.pointer for value in lent])
        found = array_type(c_void_p, len(self._datatypes))()
        self._api.run(session.pointer, None, self._input_names, given, len(lent), self._output_names, len(found), found)
        taken = [Handle(pointer, self._api.release_value, session) for pointer in found]
        return list(map(self._values.take, taken, self._datatypes))


class _NotWritten(Exception):
    """ONNX Runtime has left the buffer of an output as it was."""


class _Buffers:
    """Buffers for the tensors of one run at a time, and the values that refer to them."""

    __slots__ = ("_api", "_arguments", "_checked", "_inputs", "_outputs", "_values_kept")

    def __init__(
        self,
        api: OrtApi,
        values: Values,
        inputs: Mapping[str, Tensor],
        outputs: Sequence[Tensor],
        names: tuple[Any, Any],
    ) -> None:
        self._api = api
        self._checked = False
        self._inputs = [memoryview(bytearray(len(tensor.data))) for tensor in inputs.values()]
        self._outputs: list[tuple[Datatype, tuple[int, ...], memoryview]] = [
            (tensor.datatype, tensor.shape, memoryview(bytearray(_UNWRITTEN * len(tensor.data)))) for tensor in outputs
        ]
        given = [
            values.refer(memory, tensor.datatype, tensor.shape)
            for memory, tensor in zip(self._inputs, inputs.values(), strict=True)
        ]
        taken = [values.refer(memory, datatype, shape) for datatype, shape, memory in self._outputs]
        self._values_kept = (*given, *taken)
        self._arguments = (
            None,
            names[0],
            array_type(c_void_p, len(given))(*[value.pointer for value in given]),
            c_size_t(len(given)),
            names[1],
            c_size_t(len(taken)),
            array_type(c_void_p, len(taken))(*[value.pointer for value in taken]),
        )

    def run(self, session: Handle, inputs: Mapping[str, Tensor]) -> list[Tensor]:
        for memory, tensor in zip(self._inputs, inputs.values(), strict=True):
            memory[:] = tensor.buffer
        self._api.run(session.pointer, *self._arguments)
        if not self._checked:
            self._check_written()
        return [
            Tensor.trusted(datatype, shape, memoryview(bytearray(memory))) for datatype, shape, memory in self._outputs
        ]

    def _check_written(self) -> None:
        """Raises _NotWritten where an output is unchanged. One byte may be so by chance; that costs the buffers."""
        if any(memory == _UNWRITTEN * len(memory) for _, _, memory in self._outputs):
            raise _NotWritten
        self._checked = True


def _small(tensors: Iterable[Tensor]) -> bool:
    """Whether copying all of `tensors` costs less than lending them. Empty ones have no memory to refer to."""
    sizes = [0 if tensor.datatype is BYTES else len(tensor.data) for tensor in tensors]
    return all(sizes) and sum(sizes) <= COPY_UP_TO


def _names(names: Iterable[str]) -> Any:
    encoded = [name.encode() for name in names]
    return array_type(c_char_p, len(encoded))(*encoded)
