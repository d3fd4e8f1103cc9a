"""Hostile ONNX files: each entry of ONNX writes one, with the files beside it, to a path."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from support.hostile.arrays import PLACES, Write
from support.onnx_protos import linear_model, model_of

_VARINT: Final = 0x80


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= _VARINT:
        parts.append(value % _VARINT + _VARINT)
        value //= _VARINT
    parts.append(value)
    return bytes(parts)


def _raw(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


def _saved(model: onnx.ModelProto) -> Write:
    return lambda path: path.write_bytes(model.SerializeToString())


def changed(change: Callable[[onnx.ModelProto], object]) -> Write:
    """y = x * w with something changed."""

    def write(path: Path) -> None:
        model = linear_model()
        change(model)
        path.write_bytes(model.SerializeToString())

    return write


def _model(nodes: Sequence[onnx.NodeProto], *constants: onnx.TensorProto, rank: Sequence[Any] = ("n",)) -> Write:
    """A model from FP32 x to FP32 y."""
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, rank) for name in ("x", "y")]
    return _saved(model_of(helper.make_graph(list(nodes), "g", ends[:1], ends[1:], list(constants))))


def external(content: bytes | None = b"\0" * 12, **entries: str) -> Write:
    """y = x * w, whose w lies in weights.bin beside it, as `entries` say."""

    def write(path: Path) -> None:
        model = linear_model()
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in ({"location": "weights.bin"} | entries).items():
            tensor.external_data.add(key=key, value=value)
        beside = path.parent / "weights.bin"
        if beside.is_symlink() or beside.exists():
            beside.unlink()
        if content is not None:
            beside.write_bytes(content)
        path.write_bytes(model.SerializeToString())

    return write


def _external_at(make: Callable[[Path], object], **entries: str) -> Write:
    def write(path: Path) -> None:
        external(None, **entries)(path)
        make(path.parent / "weights.bin")

    return write


def _nested_graphs(depth: int) -> bytes:
    """If inside If, as raw bytes: the protobuf library of Python would not write it."""
    graph = b""
    for _ in range(depth):
        attribute = _field(1, b"then_branch") + _field(6, graph) + _varint(20 << 3) + _varint(5)
        node = _field(1, b"c") + _field(2, b"y") + _field(4, b"If") + _field(5, attribute)
        graph = _field(1, node) + _field(12, _field(1, b"y"))
    return _varint(1 << 3) + _varint(9) + _field(7, graph) + _field(8, _varint(2 << 3) + _varint(18))


def _weight(**fields: Any) -> Write:
    def change(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        del tensor.dims[:]
        tensor.MergeFrom(TensorProto(**fields))

    return changed(change)


def _rename(model: onnx.ModelProto, name: str) -> None:
    model.graph.input[0].name = name
    model.graph.node[0].input[0] = name


def _invalid_utf8(path: Path) -> None:
    model = linear_model()
    _rename(model, "xxxxxxxx")
    path.write_bytes(model.SerializeToString().replace(b"xxxxxxxx", b"\xff\xfe\xfd\xfc\x80\x81\x82\x83"))


def _invalid_operator(path: Path) -> None:
    path.write_bytes(linear_model().SerializeToString().replace(b"Mul", b"\xff\xfeM"))


def _add_cycle(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[1] = "back"
    model.graph.node.append(helper.make_node("Identity", ["y"], ["back"]))


def _same_output(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Identity", ["x"], ["y"]))


def _same_weight(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(model.graph.initializer[0])
    model.graph.initializer[1].dims[0] = 7


def _strings(content: bytes) -> Write:
    tensor = TensorProto(name="s", data_type=TensorProto.STRING, dims=[1], string_data=[content])
    node = helper.make_node("Identity", ["s"], ["y"])
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node], "g", [value("x", TensorProto.FLOAT, [1])], [value("y", TensorProto.STRING, [1])], [tensor]
    )
    return _saved(model_of(graph))


def _recursive_function(model: onnx.ModelProto) -> None:
    """A function that calls itself."""
    node = helper.make_node("F", ["a"], ["b"], domain="own")
    function = helper.make_function("own", "F", ["a"], ["b"], [node], [helper.make_opsetid("own", 1)])
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.graph.node[0].op_type, model.graph.node[0].domain = "F", "own"
    del model.graph.node[0].input[1:]


def _exponential_functions(model: onnx.ModelProto) -> None:
    """Functions each of which calls the one before twice: 2**40 nodes once they are inlined."""
    own = helper.make_opsetid("own", 1)
    model.opset_import.append(own)
    for number in range(40):
        inner = f"F{number - 1}" if number else "Identity"
        domain = "own" if number else ""
        nodes = [
            helper.make_node(inner, ["a"], ["m"], domain=domain),
            helper.make_node(inner, ["m"], ["b"], domain=domain),
        ]
        imports = [own, helper.make_opsetid("", 18)]
        model.functions.append(helper.make_function("own", f"F{number}", ["a"], ["b"], nodes, imports))
    model.graph.node[0].op_type, model.graph.node[0].domain = "F39", "own"
    del model.graph.node[0].input[1:]


def _int64(name: str, values: Sequence[int]) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def _set_opset(model: onnx.ModelProto, version: int) -> None:
    model.opset_import[0].version = version


def _set_type(model: onnx.ModelProto, number: int) -> None:
    model.graph.input[0].type.tensor_type.elem_type = number


def _set_dim(model: onnx.ModelProto, size: int) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = size


def _clear(model: onnx.ModelProto, name: str) -> None:
    model.graph.ClearField(name)


def _set_op(model: onnx.ModelProto, op_type: str, domain: str = "") -> None:
    model.graph.node[0].op_type, model.graph.node[0].domain = op_type, domain


_GOOD: Final = linear_model().SerializeToString()

ONNX: Final[dict[str, Write]] = PLACES | {
    "empty": _raw(b""),
    "text": _raw(b"this is no model\n" * 100),
    "random bytes": _raw(bytes(np.random.default_rng(1).integers(0, 256, 4096, dtype=np.uint8))),
    "a zip archive": _raw(b"PK\x03\x04" + b"\0" * 400),
    "zeros": _raw(b"\0" * 4096),
    **{f"cut after {size} bytes": _raw(_GOOD[:size]) for size in (1, 5, 20, len(_GOOD) // 2, len(_GOOD) - 1)},
    "a field longer than the file": _raw(_GOOD + _varint(7 << 3 | 2) + _varint(2**31 - 1) + b"x"),
    "a varint without an end": _raw(_GOOD + b"\xff" * 40),
    "graphs nested 60 deep": _raw(_nested_graphs(60)),
    "graphs nested 10,000 deep": _raw(_nested_graphs(2_000)),
    "a graph without nodes and inputs": changed(lambda m: (_clear(m, "node"), _clear(m, "input"))),
    "no outputs": changed(lambda m: _clear(m, "output")),
    "no inputs": changed(lambda m: _clear(m, "input")),
    "no weights": changed(lambda m: _clear(m, "initializer")),
    "no operator set": changed(lambda m: m.ClearField("opset_import")),
    "no version of the format": changed(lambda m: m.ClearField("ir_version")),
    "an operator set from the future": changed(lambda m: _set_opset(m, 9_999)),
    "an operator set of 2**63 - 1": changed(lambda m: _set_opset(m, 2**63 - 1)),
    "a negative operator set": changed(lambda m: _set_opset(m, -1)),
    "a format from the future": changed(lambda m: setattr(m, "ir_version", 2**40)),
    "an operator that does not exist": changed(lambda m: _set_op(m, "NoSuch")),
    "an operator of another domain": changed(lambda m: _set_op(m, "Mul", "com.example.evil")),
    "an operator without a name": changed(lambda m: _set_op(m, "")),
    "an operator that loads Python": changed(lambda m: _set_op(m, "PythonOp", "com.microsoft")),
    "a name with control characters": changed(lambda m: _rename(m, "\x1b[2J\r\n\x9b31m")),
    "a name of 100,000 characters and no type": changed(
        lambda m: (_rename(m, "n" * 100_000), m.graph.input[0].ClearField("type"))
    ),
    "a name with control characters and no type": changed(
        lambda m: (_rename(m, "\x1b[2J\r\n\x9b31m"), m.graph.input[0].ClearField("type"))
    ),
    "a name that is not UTF-8": _invalid_utf8,
    "an operator that is not UTF-8": _invalid_operator,
    "an input without a type": changed(lambda m: m.graph.input[0].ClearField("type")),
    "an input without a shape": changed(lambda m: m.graph.input[0].type.tensor_type.ClearField("shape")),
    "an output without a shape and a cycle": changed(
        lambda m: (_add_cycle(m), m.graph.output[0].type.tensor_type.ClearField("shape"))
    ),
    "an input of a type that does not exist": changed(lambda m: _set_type(m, 99)),
    "an input of complex numbers": changed(lambda m: _set_type(m, TensorProto.COMPLEX64)),
    "an input that is a sequence": changed(
        lambda m: m.graph.input[0].type.CopyFrom(
            helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [1]))
        )
    ),
    "an input without a name": changed(lambda m: _rename(m, "")),
    "a negative dimension of 2**62 in the output": changed(
        lambda m: setattr(m.graph.output[0].type.tensor_type.shape.dim[1], "dim_value", -(2**62))
    ),
    "a dimension of 2**62": changed(lambda m: _set_dim(m, 2**62)),
    "a cycle": changed(_add_cycle),
    "two nodes with one output": changed(_same_output),
    "two weights of one name": changed(_same_weight),
    "two inputs of one name": changed(lambda m: m.graph.input.append(m.graph.input[0])),
    "two outputs of one name": changed(lambda m: m.graph.output.append(m.graph.output[0])),
    "a function that calls itself": changed(_recursive_function),
    "functions that double 40 times": changed(_exponential_functions),
    "a weight of 10 TiB": _weight(dims=[10 << 38], raw_data=b"\0" * 12),
    "a weight of 2**62 by 2**62": _weight(dims=[2**62, 2**62], raw_data=b"\0" * 12),
    "a weight of a negative size": _weight(dims=[-3], raw_data=b"\0" * 12),
    "a weight with too little data": _weight(dims=[3], raw_data=b"\0" * 11),
    "a weight without data": _weight(dims=[3]),
    "a weight of a type that does not exist": _weight(dims=[3], data_type=77, raw_data=b"\0" * 12),
    "a weight in two forms": _weight(dims=[3], raw_data=b"\0" * 12, float_data=[1, 2, 3]),
    "a weight in segments": _weight(dims=[3], raw_data=b"\0" * 12, segment=TensorProto.Segment(begin=-1, end=2**60)),
    "a text weight that is not UTF-8, cut": lambda path: (
        _strings(b"\xff\xfe\x00\x80")(path),
        path.write_bytes(path.read_bytes()[:-3]),
    ),
    "a constant output of 2**60 elements": _model(
        [helper.make_node("ConstantOfShape", ["huge"], ["y"])], _int64("huge", [2**60])
    ),
    "a constant output of 2**62 by 2**62 elements": _model(
        [helper.make_node("ConstantOfShape", ["huge"], ["y"])], _int64("huge", [2**62, 2**62]), rank=("n", "m")
    ),
    "a constant output of a negative size": _model(
        [helper.make_node("ConstantOfShape", ["huge"], ["y"])], _int64("huge", [-5])
    ),
    "a reshape to a negative size": _model([helper.make_node("Reshape", ["x", "to"], ["y"])], _int64("to", [-7, -9])),
    "a node without inputs": _model([helper.make_node("Mul", [], ["y"])]),
    "a Div with one input": changed(lambda m: (_set_op(m, "Div"), m.graph.node[0].input.pop())),
    "a ConvTranspose with one input": changed(lambda m: (_set_op(m, "ConvTranspose"), m.graph.node[0].input.pop())),
    "an output without a shape and a node without inputs": changed(
        lambda m: (
            _set_op(m, "Unique"),
            m.graph.node[0].ClearField("input"),
            m.graph.output[0].type.tensor_type.ClearField("shape"),
        )
    ),
    "a node with 100,000 inputs": _model([helper.make_node("Mul", ["x"] * 100_000, ["y"])]),
    "an attribute without a type": changed(
        lambda m: m.graph.node[0].attribute.append(onnx.AttributeProto(name="axis", i=3))
    ),
    "an attribute of the wrong type": _model([helper.make_node("Softmax", ["x"], ["y"], axis="one")]),
    "an axis of 2**62": _model([helper.make_node("Softmax", ["x"], ["y"], axis=2**62)]),
    "weights in a folder above": external(location="../weights.bin"),
    "weights in an absolute place": external(location="/etc/passwd"),
    "weights behind a link out of the folder": _external_at(lambda path: path.symlink_to("/etc/passwd")),
    "weights in a named pipe": _external_at(os.mkfifo),
    "weights in a device": _external_at(lambda path: path.symlink_to("/dev/zero")),
    "weights in a folder": _external_at(lambda path: path.mkdir()),
    "weights in the model itself": external(location="hostile.onnx"),
    "weights in a name with control characters": external(location="\x1b[2J\n.bin"),
    "weights in a name of 100,000 characters": external(location="w" * 100_000),
    "weights in a file that is not there": external(None),
    "weights in a file that is empty": external(b""),
    "weights in a file that is too short": external(b"\0" * 4),
    "weights at a negative place": external(offset="-1"),
    "weights of a negative length": external(length="-12"),
    "weights at 2**63": external(offset=str(2**63)),
    "weights beyond the file": external(offset="4096", length="12"),
    "weights of 2 GiB in 12 bytes": external(length=str(2**31 - 1)),
    "weights at a place that is no number": external(offset="0x10", length="many"),
    "weights at a number of 5,000 digits": external(offset="9" * 5_000),
}

HARMLESS: Final = (
    "a format from the future",
    "a negative dimension of 2**62 in the output",
    "a weight in two forms",
    "a weight in segments",
    "a constant output of 2**60 elements",
    "a constant output of 2**62 by 2**62 elements",
    "an axis of 2**62",
    "weights in the model itself",
)
"""Files that ONNX Runtime opens: a request to such a model may fail, and nothing else."""
