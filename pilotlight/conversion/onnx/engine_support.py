"""What the installed ONNX Runtime reads. It is asked by opening graphs of one node, since its documents lag behind."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import onnx
from onnx import TensorProto, helper

from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.session import OpenSession

_ASKED_AHEAD: Final = 8
"""How far beyond the versions of the installed ONNX a version of ONNX Runtime may be."""

_OLD_IR: Final = 8
_OLD_OPSET: Final = 13
"""Versions that every ONNX Runtime reads with which Pilotlight works."""


class EngineSupport(NamedTuple):
    """The newest versions that ONNX Runtime reads.

    Attributes:
        ir: Of ONNX's file format, `ir_version`.
        opset: Of ONNX's default operator set.
    """

    ir: int
    opset: int


def find_engine_support(open_graph: OpenSession, folder: Path) -> EngineSupport:
    """Find the newest versions that ONNX Runtime reads.

    Args:
        open_graph: Opens a graph.
        folder: An existing folder for the graphs.
    """
    file = folder / "asked.onnx"

    def reads(ir: int, opset: int) -> bool:
        file.write_bytes(_make_identity(ir, opset))
        try:
            open_graph(file, 1)
        except SessionError:
            return False
        return True

    try:
        newest_ir = range(onnx.IR_VERSION + _ASKED_AHEAD, _OLD_IR, -1)
        newest_opset = range(onnx.defs.onnx_opset_version() + _ASKED_AHEAD, _OLD_OPSET, -1)
        ir = next((ir for ir in newest_ir if reads(ir, _OLD_OPSET)), _OLD_IR)
        return EngineSupport(ir, next((opset for opset in newest_opset if reads(_OLD_IR, opset)), _OLD_OPSET))
    finally:
        file.unlink(missing_ok=True)


def _make_identity(ir: int, opset: int) -> bytes:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "asked", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    return bytes(model.SerializeToString())
