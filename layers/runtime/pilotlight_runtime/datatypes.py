"""The tensor datatypes of the Open Inference Protocol: one table for all codecs.

Sources: Open Inference Protocol v2, "Tensor Data Types"; BF16 from Triton's binary tensor extension; the numbers in
`onnx` are `TensorProto.DataType` of onnx.proto3.
"""

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Final, NamedTuple
from pilotlight_runtime.messages import summarize


class Datatype(NamedTuple):
    """A tensor datatype of the Open Inference Protocol.

    Attributes:
        name: The protocol's name, such as "FP32".
        itemsize: Bytes of an element, 0 where elements vary (BYTES).
        format: The `struct` character, "" where there is none (BF16, BYTES).
        onnx: The number in ONNX's `TensorProto.DataType`.
        numpy: The name of the numpy dtype; "uint16" for BF16, which numpy does not have.
    """

    name: str
    itemsize: int
    format: str
    onnx: int
    numpy: str


BOOL: Final = Datatype("BOOL", 1, "?", 9, "bool")
UINT8: Final = Datatype("UINT8", 1, "B", 2, "uint8")
UINT16: Final = Datatype("UINT16", 2, "H", 4, "uint16")
UINT32: Final = Datatype("UINT32", 4, "I", 12, "uint32")
UINT64: Final = Datatype("UINT64", 8, "Q", 13, "uint64")
INT8: Final = Datatype("INT8", 1, "b", 3, "int8")
INT16: Final = Datatype("INT16", 2, "h", 5, "int16")
INT32: Final = Datatype("INT32", 4, "i", 6, "int32")
INT64: Final = Datatype("INT64", 8, "q", 7, "int64")
FP16: Final = Datatype("FP16", 2, "e", 10, "float16")
FP32: Final = Datatype("FP32", 4, "f", 1, "float32")
FP64: Final = Datatype("FP64", 8, "d", 11, "float64")
BF16: Final = Datatype("BF16", 2, "", 16, "uint16")
BYTES: Final = Datatype("BYTES", 0, "", 8, "object")

DATATYPES: Final[dict[str, Datatype]] = {
    d.name: d for d in (BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BF16, BYTES)
}
BY_ONNX: Final[dict[int, Datatype]] = {d.onnx: d for d in DATATYPES.values()}


def datatype(name: object) -> Datatype:
    """Looks up a datatype by the protocol's name; InvalidRequest lists the known ones."""
    found = DATATYPES.get(name) if isinstance(name, str) else None
    if found is None:
        raise InvalidRequest(f"datatype {summarize(name)} is unknown; known are {', '.join(DATATYPES)}")
    return found
