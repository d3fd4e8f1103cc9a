"""Makes the outputs of skl2onnx those of the signature: its datatypes, ranks and shapes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pilotlight.conversion.sklearn_outputs import find_target
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BY_ONNX, BYTES
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

_ROWS: Final = 2
"""The samples that find the shapes. Two tell the axis of samples from one of length 1."""


def keep_outputs(model: onnx.ModelProto, values: Sequence[str], signature: Signature, where: str) -> None:
    """Keep one value for each output of the signature, in its order, and give it the datatype and rank of the output.

    Args:
        model: The graph. It is changed.
        values: The name of the graph's output for each output of the signature.
        signature: The outputs.
        where: The name of the model, for an error.

    Raises:
        ConversionError: A value cannot be an output, or the graph cannot be run.
    """
    graph = model.graph
    by_name = {value.name: value for value in graph.output}
    kept = [_take_element(graph, by_name[name], spec) for name, spec in zip(values, signature.outputs, strict=True)]
    kept = [_cast(graph, value, spec) for value, spec in zip(kept, signature.outputs, strict=True)]
    shapes = _run_once(model, kept, signature, where)
    kept = [
        _set_rank(graph, value, shape, spec) for value, shape, spec in zip(kept, shapes, signature.outputs, strict=True)
    ]
    del graph.output[:]
    graph.output.extend(kept)


def _take_element(graph: onnx.GraphProto, value: onnx.ValueInfoProto, spec: TensorSpec) -> onnx.ValueInfoProto:
    """Turn a sequence, the scores of several targets, into the scores of one target or of all in one tensor."""
    if not value.type.HasField("sequence_type"):
        return value
    element = value.type.sequence_type.elem_type.tensor_type.elem_type
    name, target = f"{value.name}/{spec.name}", find_target(spec)
    if target is None:
        graph.node.append(helper.make_node("ConcatFromSequence", [value.name], [name], axis=1, new_axis=1))
    else:
        place = f"{name}/place"
        graph.initializer.append(numpy_helper.from_array(np.array(target, np.int64), place))
        graph.node.append(helper.make_node("SequenceAt", [value.name, place], [name]))
    return helper.make_tensor_value_info(name, element, None)


def _cast(graph: onnx.GraphProto, value: onnx.ValueInfoProto, spec: TensorSpec) -> onnx.ValueInfoProto:
    found = value.type.tensor_type.elem_type
    if found == spec.datatype.onnx:
        return value
    if TensorProto.STRING in (found, spec.datatype.onnx):
        known = BY_ONNX[found].name if found in BY_ONNX else "another type"
        raise ConversionError(
            "[signature] in model.toml",
            f"has the output {spec.name} of {spec.datatype.name}, and the model answers {known}",
            "Correct its datatype, or number the classes 0, 1, …; `load_classes` does.",
        )
    name = f"{value.name}/cast/{spec.name}"
    graph.node.append(helper.make_node("Cast", [value.name], [name], to=spec.datatype.onnx))
    return helper.make_tensor_value_info(name, spec.datatype.onnx, None)


def _set_rank(
    graph: onnx.GraphProto, value: onnx.ValueInfoProto, shape: tuple[int, ...], spec: TensorSpec
) -> onnx.ValueInfoProto:
    """Give one number for each sample the rank of the output, and declare the shape that the graph really returns."""
    name = value.name
    wanted = None
    if len(spec.shape) == 1 and shape[1:] == (1,):
        wanted, shape = [-1], (-1,)
    elif len(spec.shape) == 2 and len(shape) == 1:
        wanted, shape = [-1, 1], (-1, 1)
    if wanted is not None:
        name, size = f"{value.name}/rank/{spec.name}", f"{value.name}/size/{spec.name}"
        graph.initializer.append(numpy_helper.from_array(np.array(wanted, np.int64), size))
        graph.node.append(helper.make_node("Reshape", [value.name, size], [name]))
    return helper.make_tensor_value_info(name, spec.datatype.onnx, [None, *shape[1:]])


def _run_once(
    model: onnx.ModelProto, values: Sequence[onnx.ValueInfoProto], signature: Signature, where: str
) -> list[tuple[int, ...]]:
    """Return the shapes of values. Converters leave shapes out, or declare others than their graphs return."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    del probe.graph.output[:]
    probe.graph.output.extend({value.name: value for value in values}.values())
    for value in probe.graph.output:
        value.type.tensor_type.ClearField("shape")
    inputs = {value.name: _make_blank(spec) for value, spec in zip(probe.graph.input, signature.inputs, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL_NAME
        path.write_bytes(probe.SerializeToString())
        try:
            found = open_session(path, 1).run(inputs, [value.name for value in values])
        except (SessionError, InferenceFailed) as error:
            cause = f": {error.__cause__}" if error.__cause__ is not None else ""
            raise ConversionError(
                where,
                f"cannot be run once converted ({error}{cause})",
                "Choose another estimator, or `opset` under [conversion] in model.toml.",
            ) from error
    return [tensor.shape for tensor in found]


def _make_blank(spec: TensorSpec) -> Tensor:
    shape = (_ROWS, *(max(size, 1) for size in spec.shape[1:]))
    if spec.datatype is BYTES:
        return Tensor.from_numpy(np.full(shape, b"", dtype=object), BYTES)
    return Tensor.from_numpy(np.zeros(shape, spec.datatype.numpy), spec.datatype)
