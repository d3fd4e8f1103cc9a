"""Makes the outputs of skl2onnx those of the signature: its datatypes, ranks and shapes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pilotlight.conversion.sklearn.targets import check_targets, find_target
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BY_ONNX, BYTES, FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.manifest import MODEL_NAME
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

_ROWS: Final = 2
"""The samples that find the shapes. Two tell the axis of samples from one of length 1."""


def keep_outputs(
    model: onnx.ModelProto, values: Sequence[str], signature: Signature, targets: Sequence[int], where: str
) -> None:
    """Keep one value for each output of the signature, in its order, and give it the datatype and rank of the output.

    Args:
        model: The graph. It is changed.
        values: The name of the graph's output for each output of the signature.
        signature: The outputs.
        targets: The number of classes of each target of a classifier; empty where it has one target.
        where: The name of the model, for an error.

    Raises:
        ConversionError: A value cannot be an output, or the graph cannot be run.
    """
    graph = model.graph
    del graph.value_info[:]  # skl2onnx declares some shapes that its graph does not have
    by_name = {value.name: value for value in graph.output}
    kept = [
        _take_target(graph, by_name[name], spec, targets) for name, spec in zip(values, signature.outputs, strict=True)
    ]
    kept = [_cast(graph, value, spec) for value, spec in zip(kept, signature.outputs, strict=True)]
    shapes = _run_once(model, kept, signature, where)
    kept = [
        _set_rank(graph, value, shape, spec) for value, shape, spec in zip(kept, shapes, signature.outputs, strict=True)
    ]
    kept = [_separate(graph, value, kept[:index]) for index, value in enumerate(kept)]
    del graph.output[:]
    graph.output.extend(kept)


def _take_target(
    graph: onnx.GraphProto, value: onnx.ValueInfoProto, spec: TensorSpec, targets: Sequence[int]
) -> onnx.ValueInfoProto:
    """Take the scores of one target, or of all in one tensor, from the scores of several targets.

    They are a sequence of [n, classes], or one tensor [targets, n, most classes] that is filled up with zeros.
    """
    if spec.datatype is not FP32 or not targets:
        return value
    sequence = value.type.HasField("sequence_type")
    if not sequence and not _is_stacked(value):
        return value
    name, target = f"{value.name}/{spec.name}", find_target(spec)
    if target is None:
        check_targets(targets, spec)
    elif target >= len(targets):
        what = f"has the output {spec.name}, and the model has {len(targets)} targets, counted from 0"
        raise ConversionError("[signature] in model.toml", what, "Correct the number at the end of its name.")
    if target is None and sequence:
        graph.node.append(helper.make_node("ConcatFromSequence", [value.name], [name], axis=1, new_axis=1))
    elif target is None:
        graph.node.append(helper.make_node("Transpose", [value.name], [name], perm=[1, 0, 2]))
    else:
        place = _add_constant(graph, f"{name}/place", target)
        if sequence:
            graph.node.append(helper.make_node("SequenceAt", [value.name, place], [name]))
        else:
            whole, columns = f"{name}/whole", _add_constant(graph, f"{name}/columns", np.arange(targets[target]))
            graph.node.append(helper.make_node("Gather", [value.name, place], [whole], axis=0))
            graph.node.append(helper.make_node("Gather", [whole, columns], [name], axis=1))
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, None)


def _is_stacked(value: onnx.ValueInfoProto) -> bool:
    """Return whether scores have an axis of targets before that of samples. A multi-label network has none."""
    return len(value.type.tensor_type.shape.dim) == 3


def _add_constant(graph: onnx.GraphProto, name: str, value: Any) -> str:
    graph.initializer.append(numpy_helper.from_array(np.asarray(value, np.int64), name))
    return name


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


def _separate(
    graph: onnx.GraphProto, value: onnx.ValueInfoProto, earlier: Sequence[onnx.ValueInfoProto]
) -> onnx.ValueInfoProto:
    """Give a value a name of its own where an earlier output has the same value."""
    if all(value.name != other.name for other in earlier):
        return value
    copied = onnx.ValueInfoProto()
    copied.CopyFrom(value)
    copied.name = f"{value.name}/{len(earlier)}"
    graph.node.append(helper.make_node("Identity", [value.name], [copied.name]))
    return copied


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
    _know_every_category(probe.graph)
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


def _know_every_category(graph: onnx.GraphProto) -> None:
    """Give an unknown category the row of a known one. An encoder that forbids it would refuse the blank samples."""
    for node in graph.node:
        attributes = {attribute.name: attribute for attribute in node.attribute}
        if node.op_type == "LabelEncoder" and attributes.keys() >= {"values_int64s", "default_int64"}:
            attributes["default_int64"].i = min(attributes["values_int64s"].ints, default=0)


def _make_blank(spec: TensorSpec) -> Tensor:
    shape = (_ROWS, *(max(size, 1) for size in spec.shape[1:]))
    if spec.datatype is BYTES:
        return Tensor.from_numpy(np.full(shape, b"", dtype=object), BYTES)
    return Tensor.from_numpy(np.zeros(shape, spec.datatype.numpy), spec.datatype)
