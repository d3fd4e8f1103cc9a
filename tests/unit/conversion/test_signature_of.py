import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.onnx_protos import identity_model, linear_model, model_of

from pilotlight.conversion.graph import extract_signature
from pilotlight.conversion.value_types import infer_scopes
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import DATATYPES, FP32, Datatype


@pytest.mark.parametrize("datatype", DATATYPES.values(), ids=lambda d: d.name)
def test_every_datatype_is_read(datatype: Datatype) -> None:
    signature = extract_signature(identity_model(datatype.onnx), "m")
    assert [(spec.name, spec.datatype) for spec in (*signature.inputs, *signature.outputs)] == [
        ("x", datatype),
        ("y", datatype),
    ]


@pytest.mark.parametrize(
    ("declared", "read"),
    [(("n", 2), (-1, 2)), ((None, 3), (-1, 3)), ((4,), (4,)), ((), ()), ((0, 5), (0, 5)), ((-1, 2), (-1, 2))],
)
def test_open_dimensions_become_minus_one(declared: tuple[object, ...], read: tuple[int, ...]) -> None:
    assert extract_signature(identity_model(shape=declared), "m").inputs[0].shape == read


def test_an_initialiser_that_is_listed_as_an_input_is_none() -> None:
    model = linear_model()
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [3]))
    assert [spec.name for spec in extract_signature(model, "m").inputs] == ["x"]


def test_a_sparse_initialiser_that_is_listed_as_an_input_is_none() -> None:
    model = linear_model()
    model.graph.input.append(helper.make_tensor_value_info("s", TensorProto.FLOAT, [3]))
    values = helper.make_tensor("s", TensorProto.FLOAT, [1], [2.0])
    indices = helper.make_tensor("s_indices", TensorProto.INT64, [1], [0])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [3]))
    assert [spec.name for spec in extract_signature(model, "m").inputs] == ["x"]


def test_order_and_several_outputs_are_kept() -> None:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "zab"]
    nodes = [helper.make_node("Identity", ["z"], [name]) for name in "ab"]
    signature = extract_signature(model_of(helper.make_graph(nodes, "g", values[:1], values[1:])), "m")
    assert [spec.name for spec in signature.outputs] == ["a", "b"]
    assert signature.inputs[0].datatype is FP32


def test_an_output_without_a_shape_gets_the_inferred_one() -> None:
    model = linear_model()
    model.graph.output[0].type.tensor_type.ClearField("shape")
    assert extract_signature(model, "m").outputs[0].shape == (-1, 3)
    assert not model.graph.output[0].type.tensor_type.HasField("shape")


TENSOR = helper.make_tensor_type_proto(TensorProto.FLOAT, [1])
MAP = helper.make_map_type_proto(TensorProto.INT64, TENSOR)
SEQUENCE = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, [1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (SEQUENCE, "input 'x' is a sequence of tensors, not a plain tensor"),
        (helper.make_value_info("x", helper.make_sequence_type_proto(MAP)), "input 'x' is a sequence of maps, not a"),
        (helper.make_value_info("x", helper.make_optional_type_proto(TENSOR)), "input 'x' is an optional tensor, not"),
        (helper.make_value_info("x", MAP), "input 'x' is a map, not a plain tensor"),
        (
            helper.make_sparse_tensor_value_info("x", TensorProto.FLOAT, [1]),
            "input 'x' is a sparse tensor, not a plain",
        ),
        (onnx.ValueInfoProto(name="x"), "input 'x' declares no type, not a plain tensor"),
        (helper.make_tensor_value_info("x", TensorProto.COMPLEX64, [1]), "has elements of type COMPLEX64"),
        (helper.make_tensor_value_info("x", TensorProto.FLOAT, None), "input 'x' declares no shape"),
    ],
)
def test_what_the_protocol_cannot_carry_is_named(value: onnx.ValueInfoProto, message: str) -> None:
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    weights = [numpy_helper.from_array(np.ones(1, np.float32), "y")]
    model = model_of(helper.make_graph([], "g", [value], [output], weights))
    with pytest.raises(ConversionError, match=message):
        extract_signature(model, "m")


def test_a_type_that_onnx_does_not_know_ends_no_process() -> None:
    """The inference of onnx reads the type of LabelEncoder's input, which another domain's operator leaves open."""
    nodes = [
        helper.make_node("Tokenizer", ["x"], ["t"], domain="com.microsoft", mark=0, mincharnum=1, pad_value=""),
        helper.make_node("LabelEncoder", ["t"], ["y"], domain="ai.onnx.ml", keys_strings=["a"], values_int64s=[1]),
    ]
    texts = helper.make_tensor_value_info("x", TensorProto.STRING, [None])
    ids = helper.make_tensor_value_info("y", TensorProto.INT64, None)
    model = model_of(helper.make_graph(nodes, "texts", [texts], [ids]))
    model.opset_import.extend([helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("ai.onnx.ml", 3)])
    program = "import onnx, sys; onnx.shape_inference.infer_shapes(onnx.load_from_string(sys.stdin.buffer.read()))"
    done = subprocess.run([sys.executable, "-c", program], input=model.SerializeToString(), check=False)
    assert done.returncode < 0, "onnx no longer ends the process: remove the guard"
    with pytest.raises(ConversionError, match="declares no shape"):
        extract_signature(model, "m")
    assert len(list(infer_scopes(model))) == 1
