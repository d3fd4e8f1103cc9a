"""Files on disk become requests of the Open Inference Protocol: a picture, JSON, or arrays as binary tensors.

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
from pilotlight.core.errors import DataError
from pilotlight.core.npz import read_npz
from pilotlight_runtime.datatypes import BF16, BYTES, DATATYPES, Datatype
from pilotlight_runtime.signature import TensorSpec
from pilotlight_runtime.tensor import Tensor

HEADER_LENGTH: Final = "Inference-Header-Content-Length"

_PICTURES: Final = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Question(NamedTuple):
    """One request to a model, ready to send."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def infer_path(name: str, version: str | None) -> str:
    """Where inference requests for the model `name` go, to one version or to the served one."""
    return f"/v2/models/{name}" + (f"/versions/{version}" if version else "") + "/infer"


def specs_of(metadata: bytes, where: str) -> tuple[TensorSpec, ...]:
    """The inputs in a model's metadata document; DataError where it is none."""
    try:
        inputs = json.loads(metadata)["inputs"]
        return tuple(TensorSpec(i["name"], DATATYPES[i["datatype"]], tuple(i["shape"])) for i in inputs)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            where, f"sent no model metadata ({error!r})", "Check the address and the model's name."
        ) from error


def picture_question(path: str, file: Path) -> Question:
    """The PNG or JPEG in `file`, sent as it is."""
    content = _read(file)
    for magic, kind in _PICTURES.items():
        if content.startswith(magic):
            return Question(path, {"Content-Type": kind}, content)
    raise DataError(str(file), "is neither PNG nor JPEG", "Save the picture in one of these formats.")


def json_question(path: str, file: Path, inputs: tuple[TensorSpec, ...]) -> Question:
    """A whole request ({"inputs": [...]}) as it is, or a plain list as the model's only input."""
    content = _read(file)
    try:
        document = json.loads(content)
    except ValueError as error:
        raise DataError(str(file), f"is not JSON: {error}", "Correct the line it names.") from error
    if isinstance(document, dict) and "inputs" in document:
        return Question(path, {"Content-Type": "application/json"}, content)
    if not isinstance(document, list):
        hint = 'Write {"inputs": [{"name": …, "datatype": …, "shape": …, "data": …}]}, or only the list of values.'
        raise DataError(str(file), "is neither an inference request nor a list", hint)
    if len(inputs) != 1:
        names = ", ".join(spec.name for spec in inputs)
        raise DataError(str(file), f"is one list, but the model has the inputs {names}", "Write a whole request.")
    request = {"inputs": [_listed(document, inputs[0], file)]}
    return Question(path, {"Content-Type": "application/json"}, json.dumps(request).encode())


def array_question(path: str, file: Path, inputs: tuple[TensorSpec, ...], *, binary_answer: bool) -> Question:
    """The arrays in an .npz file, by input name: see arrays_question."""
    arrays = read_npz(file, str(file), "Write it with np.savez(file, **inputs).")
    return arrays_question(path, arrays, str(file), inputs, binary_answer=binary_answer)


def arrays_question(
    path: str, arrays: Mapping[str, Array], where: str, inputs: tuple[TensorSpec, ...], *, binary_answer: bool
) -> Question:
    """Arrays by input name as binary tensors; a missing first dimension of 1 is added. where: for messages."""
    known = {spec.name: spec for spec in inputs}
    if unknown := sorted(set(arrays) - set(known)):
        what = f"holds {', '.join(unknown)}, but the model's inputs are {', '.join(known)}"
        raise DataError(where, what, "Save the arrays under the inputs' names: np.savez(file, **inputs).")
    tensors = {
        name: _tensor(_batched(array, known[name]), known[name].datatype, f"{where}:{name}")
        for name, array in arrays.items()
    }
    return tensor_question(path, tensors, binary_answer=binary_answer)


def tensor_question(path: str, tensors: Mapping[str, Tensor], *, binary_answer: bool) -> Question:
    """The tensors by input name, in binary. binary_answer: whether the answer's are to be so, too."""
    heads, blobs = [], []
    for name, tensor in tensors.items():
        blobs.append(raw_bytes(tensor))
        head = {"name": name, "datatype": tensor.datatype.name, "shape": list(tensor.shape)}
        heads.append({**head, "parameters": {"binary_data_size": len(blobs[-1])}})
    header = json.dumps({"inputs": heads, "parameters": {"binary_data_output": binary_answer}}).encode()
    length = {HEADER_LENGTH: str(len(header)), "Content-Type": "application/octet-stream"}
    return Question(path, length, b"".join([header, *blobs]))


def raw_bytes(tensor: Tensor) -> bytes:
    """A tensor as the binary extension writes it: for BYTES, 4 bytes of length before each element."""
    if tensor.datatype is BYTES:
        return b"".join(struct.pack("<I", len(element)) + element for element in tensor.elements)
    return bytes(tensor.buffer)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(str(file), f"cannot be read ({error.strerror})", "Check the path.") from error


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
