"""Files and arrays become requests of the Open Inference Protocol: an image, JSON, or arrays as binary tensors.

Binary layout: Triton's binary tensor data extension. The body is JSON, then each tensor's little-endian bytes in order;
Inference-Header-Content-Length is the length of the JSON.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.artifacts import Array
from pilotlight.core.documents import LIMITS, RUN_LIMITS, InvalidDocument, describe, parse_json, read_json
from pilotlight.core.errors import DataError
from pilotlight.core.npz import MAX_CALL_BYTES, read_npz
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.core.printable import join_names
from pilotlight.local.row_requests import decode_rows, find_rows
from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES, Datatype
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor

HEADER_LENGTH: Final = "Inference-Header-Content-Length"

MAX_IMAGE_BYTES: Final = 64 * MEBIBYTE
"""The most bytes of a picture to send. Lambda takes 6 MB."""

_FORMS: Final = (
    'rows by input name, [{"age": 3, "sex": "f"}, …]; {"instances": [...]}; an inference request, {"inputs": [...]};'
    " or the list of values of the only input."
)
"""What a JSON file may hold."""

_PICTURES: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class InferenceRequest(NamedTuple):
    """One HTTP request to a model, ready to send.

    Attributes:
        path: The path of the URL.
        headers: HTTP headers.
        body: The body's bytes.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes


def infer_path(name: str, version: str | None) -> str:
    """Return the path for inference requests to a model: to one version, or to the served one where it is None."""
    return f"/v2/models/{name}" + (f"/versions/{version}" if version else "") + "/infer"


def read_input_specs(metadata: bytes, where: str) -> tuple[TensorSpec, ...]:
    """Read a model's inputs from its metadata document.

    Args:
        metadata: The body of the response to GET /v2/models/NAME.
        where: The model, for messages.

    Raises:
        DataError: The document is no model metadata.
    """
    origin = Origin(where, "Check the address and the model's name.")
    try:
        document = parse_json(metadata)
    except InvalidDocument as error:
        raise origin.refuse(f"sent no model metadata (it {error})") from error
    match document:
        case {"inputs": [*inputs]}:
            return tuple(_read_spec(head, origin) for head in inputs)
    raise origin.refuse(f"sent no model metadata (it is {describe(document)} without a list of inputs)")


def image_request(path: str, file: Path) -> InferenceRequest:
    """Send a PNG or JPEG file as it is.

    Raises:
        DataError: The file cannot be read, or is neither PNG nor JPEG.
    """
    content = read_file(file, Origin(str(file), "Save a smaller picture."), MAX_IMAGE_BYTES)
    for magic, kind in _PICTURES.items():
        if content.startswith(magic):
            return InferenceRequest(path, {"Content-Type": kind}, content)
    raise DataError(str(file), "is neither PNG nor JPEG", "Save the picture in one of these formats.")


def json_request(
    path: str, file: Path, inputs: tuple[TensorSpec, ...], *, binary_outputs: bool = False
) -> InferenceRequest:
    """Send a JSON file.

    Args:
        path: The path for inference requests.
        file: A whole request ({"inputs": [...]}), which is sent as it is; rows or columns by input name, see
            row_requests.py; or a plain list of values, which is the model's only input.
        inputs: The model's inputs.
        binary_outputs: Whether the response's tensors are to be binary where the file has rows or columns.

    Raises:
        DataError: The file cannot be read, is no JSON, or does not fit the model's inputs.
    """
    origin = Origin(str(file), f"Correct it: {_FORMS}")
    content = read_file(file, origin, LIMITS.bytes)
    rows = find_rows(read_json(content, origin, RUN_LIMITS))
    if rows is not None:
        return tensor_request(path, decode_rows(rows, str(file), inputs), binary_outputs=binary_outputs)
    document = read_json(content, origin)  # without NaN, which only rows have
    if isinstance(document, dict) and "inputs" in document:
        return InferenceRequest(path, {"Content-Type": "application/json"}, content)
    if not isinstance(document, list):
        raise DataError(str(file), "has neither rows, nor an inference request, nor a list", f"Write it so: {_FORMS}")
    if len(inputs) != 1:
        names = join_names(spec.name for spec in inputs)
        hint = "Write a row for each sample: [{" + ", ".join(f'"{spec.name}": …' for spec in inputs[:3])
        more = ", …" if len(inputs) > 3 else ""
        raise DataError(str(file), f"is one list, but the model has the inputs {names}", f"{hint}{more}}}, …].")
    request = {"inputs": [_listed(document, inputs[0], file)]}
    return InferenceRequest(path, {"Content-Type": "application/json"}, json.dumps(request).encode())


def npz_request(path: str, file: Path, inputs: tuple[TensorSpec, ...], *, binary_outputs: bool) -> InferenceRequest:
    """Send the arrays of an .npz file, by input name; see array_request."""
    arrays = read_npz(file, str(file), "Write it with np.savez(file, **inputs).", MAX_CALL_BYTES)
    return array_request(path, arrays, str(file), inputs, binary_outputs=binary_outputs)


def array_request(
    path: str, arrays: Mapping[str, Array], where: str, inputs: tuple[TensorSpec, ...], *, binary_outputs: bool
) -> InferenceRequest:
    """Send arrays by input name as binary tensors. A missing first dimension of 1 is added.

    Args:
        path: The path for inference requests.
        arrays: The arrays by input name.
        where: Where the arrays come from, for messages.
        inputs: The model's inputs.
        binary_outputs: Whether the response's tensors are to be binary too.

    Raises:
        DataError: The model has no such input, or an array does not have its datatype.
    """
    known = {spec.name: spec for spec in inputs}
    if unknown := sorted(set(arrays) - set(known)):
        what = f"holds {join_names(unknown)}, but the model's inputs are {join_names(known)}"
        raise DataError(where, what, "Save the arrays under the inputs' names: np.savez(file, **inputs).")
    tensors = {
        name: _tensor(_batched(array, known[name]), known[name].datatype, f"{where}:{name}")
        for name, array in arrays.items()
    }
    return tensor_request(path, tensors, binary_outputs=binary_outputs)


def tensor_request(path: str, tensors: Mapping[str, Tensor], *, binary_outputs: bool) -> InferenceRequest:
    """Send tensors by input name in binary.

    Args:
        path: The path for inference requests.
        tensors: The tensors by input name.
        binary_outputs: Whether the response's tensors are to be binary too.
    """
    heads, blobs = [], []
    for name, tensor in tensors.items():
        blobs.append(tensor_bytes(tensor))
        head = {"name": name, "datatype": tensor.datatype.name, "shape": list(tensor.shape)}
        heads.append({**head, "parameters": {"binary_data_size": len(blobs[-1])}})
    header = json.dumps({"inputs": heads, "parameters": {"binary_data_output": binary_outputs}}).encode()
    length = {HEADER_LENGTH: str(len(header)), "Content-Type": "application/octet-stream"}
    return InferenceRequest(path, length, b"".join([header, *blobs]))


def tensor_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's bytes as the binary extension has them: 4 bytes of length before each element of BYTES."""
    if tensor.datatype is BYTES:
        return b"".join(struct.pack("<I", len(element)) + element for element in tensor.elements)
    return bytes(tensor.buffer)


def _read_spec(head: Any, origin: Origin) -> TensorSpec:
    match head:
        case {"name": str(name), "datatype": str(datatype), "shape": [*shape]} if datatype in DATATYPES:
            if all(type(size) is int and size >= -1 for size in shape):
                return TensorSpec(name, DATATYPES[datatype], tuple(shape))
    raise origin.refuse("sent no model metadata (an input lacks a name, a known datatype or a valid shape)")


def _listed(values: list[Any], spec: TensorSpec, file: Path) -> dict[str, Any]:
    shape: list[int] = []
    inner: Any = values
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    if len(shape) == len(spec.shape) - 1:
        shape, values = [1, *shape], [values]
    if _ragged(values, shape):
        raise DataError(str(file), "is a list whose rows differ in length", "Give each row as many values.")
    if not spec.accepts(tuple(shape)):
        wanted = list(spec.shape)
        raise DataError(
            str(file), f"has shape {shape}, but {spec.name} takes {wanted} (-1 is any)", "Reshape the list."
        )
    return {"name": spec.name, "datatype": spec.datatype.name, "shape": shape, "data": values}


def _ragged(values: object, shape: list[int]) -> bool:
    """Whether `values` is no list nested as `shape`, which was read along its first elements, says."""
    if not shape:
        return isinstance(values, list)
    if not isinstance(values, list) or len(values) != shape[0]:
        return True
    return any(_ragged(value, shape[1:]) for value in values)


def _batched(array: Array, spec: TensorSpec) -> Array:
    import numpy as np

    array = np.asarray(array)
    return array[None] if array.ndim == len(spec.shape) - 1 else array


def _tensor(array: Array, kind: Datatype, where: str) -> Tensor:
    """`array` as `kind`. Floats may lose precision; integers that would change are refused, and so are texts."""
    import numpy as np

    if kind is BYTES or array.dtype == np.dtype(kind.numpy):
        return Tensor.from_numpy(array, kind)
    floating = np.dtype(kind.numpy).kind == "f"
    if kind is not BF16 and array.dtype.kind in ("biuf" if floating else "biu"):
        cast = array.astype(kind.numpy)
        if floating or np.array_equal(cast, array):
            return Tensor.from_numpy(cast, kind)
    raise DataError(where, f"has dtype {array.dtype}, but the input is {kind.name}", f"Save it as {kind.numpy}.")
