"""Asks ONNX Runtime for datatypes that ONNX cannot infer, such as those of operators of ONNX Runtime's own domain."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import onnx
from onnx import TensorProto

_DATATYPES: Final = {
    "tensor(float)": TensorProto.FLOAT,
    "tensor(double)": TensorProto.DOUBLE,
    "tensor(float16)": TensorProto.FLOAT16,
    "tensor(bfloat16)": TensorProto.BFLOAT16,
    **{
        f"tensor({sign}int{bits})": TensorProto.DataType.Value(f"{sign}INT{bits}".upper())
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}


def ask_datatypes(model: onnx.ModelProto, names: Collection[str]) -> dict[str, int]:
    """Return `TensorProto.DataType` of values of the outermost graph.

    Args:
        model: The model.
        names: The values.

    Returns:
        The datatypes by name. Values whose datatype ONNX Runtime does not tell are left out: all of them where it
        cannot open the model, for instance since the external data are elsewhere.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    there = {value.name for value in asked.graph.output}
    asked.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(asked.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except (states.Fail, states.InvalidGraph, states.InvalidArgument, states.NotImplemented, RuntimeError, ValueError):
        return {}
    found = {output.name: _DATATYPES.get(output.type) for output in session.get_outputs()}
    return {name: datatype for name, datatype in found.items() if datatype is not None and name in names}
