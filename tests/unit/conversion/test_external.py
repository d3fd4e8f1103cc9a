"""Where a graph may keep weights."""

import onnx
from onnx import TensorProto, helper
from support.onnx_protos import model_of

from pilotlight.conversion.external_data import list_locations


def kept_in(location: str) -> onnx.TensorProto:
    tensor = onnx.TensorProto(name=location, data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def constant(location: str) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [location], value=kept_in(location))


def test_they_are_found_wherever_onnx_has_tensors() -> None:
    inner = helper.make_graph([constant("inner-node")], "inner", [], [], [kept_in("inner-weight")])
    several = onnx.NodeProto(op_type="Several")
    several.attribute.append(helper.make_attribute("tensors", [kept_in("tensors")]))
    several.attribute.append(helper.make_attribute("graphs", [inner]))
    branch = helper.make_node("If", ["c"], ["y"], then_branch=helper.make_graph([constant("branch")], "b", [], []))
    graph = helper.make_graph([constant("node"), several, branch], "g", [], [], [kept_in("weight"), kept_in("weight")])
    sparse = onnx.SparseTensorProto(values=kept_in("values"), indices=kept_in("indices"))
    graph.sparse_initializer.append(sparse)
    model = model_of(graph)
    function = helper.make_function("d", "F", [], ["y"], [constant("function")], [helper.make_opsetid("", 18)])
    model.functions.append(function)
    names = ["branch", "function", "indices", "inner-node", "inner-weight", "node", "tensors", "values", "weight"]
    assert list_locations(model) == names


def test_weights_in_the_graph_itself_lie_nowhere_else() -> None:
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    assert list_locations(model_of(helper.make_graph([], "g", [], [], [tensor]))) == []
