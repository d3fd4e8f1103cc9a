"""Reads the signature of an opened graph through the C API."""

from pilotlight_runtime.datatypes import BY_ONNX, Datatype
from pilotlight_runtime.engine.abi import TYPE_TENSOR, Call, OrtApi
from pilotlight_runtime.engine.c_types import byref, c_int, c_size_t, c_void_p, string_at
from pilotlight_runtime.engine.values import Handle, Values
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.light_typing import Iterator
from pilotlight_runtime.signature import Signature, TensorSpec


def read_signature(api: OrtApi, values: Values, session: Handle) -> Signature:
    """Reads the inputs and outputs of `session`; SessionError names the first that is no tensor of a known datatype."""
    reader = _Reader(api, values, session)
    return Signature(tuple(reader.inputs()), tuple(reader.outputs()))


class _Reader:
    def __init__(self, api: OrtApi, values: Values, session: Handle) -> None:
        self._api = api
        self._values = values
        self._session = session

    def inputs(self) -> Iterator[TensorSpec]:
        api = self._api
        for index in range(self._count(api.session_get_input_count)):
            name = self._name(api.session_get_input_name, index)
            yield TensorSpec(name, *self._type(api.session_get_input_type_info, index, f"input {name!r}"))

    def outputs(self) -> Iterator[TensorSpec]:
        api = self._api
        for index in range(self._count(api.session_get_output_count)):
            name = self._name(api.session_get_output_name, index)
            yield TensorSpec(name, *self._type(api.session_get_output_type_info, index, f"output {name!r}"))

    def _count(self, get: Call) -> int:
        count = c_size_t()
        get(self._session.pointer, byref(count))
        return count.value

    def _name(self, get: Call, index: int) -> str:
        text = c_void_p()
        get(self._session.pointer, index, self._values.allocator, byref(text))
        try:
            return string_at(text).decode()
        finally:
            self._api.allocator_free(self._values.allocator, text)

    def _type(self, get: Call, index: int, where: str) -> tuple[Datatype, tuple[int, ...]]:
        api, info, tensor_info, kind = self._api, c_void_p(), c_void_p(), c_int()
        get(self._session.pointer, index, byref(info))
        owned = Handle(info.value, api.release_type_info)
        api.get_onnx_type_from_type_info(owned.pointer, byref(kind))
        if kind.value != TYPE_TENSOR:
            raise SessionError(
                f"{where} is a sequence, map, optional or sparse tensor; only dense tensors can be served"
            )
        api.cast_type_info_to_tensor_info(owned.pointer, byref(tensor_info))
        onnx_type, shape = self._values.type_and_shape(tensor_info.value)
        if onnx_type not in BY_ONNX:
            raise SessionError(f"{where} has elements of ONNX type {onnx_type}, which the protocol cannot carry")
        return BY_ONNX[onnx_type], shape
