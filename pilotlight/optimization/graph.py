"""The graph as ONNX Runtime's optimiser leaves it for this host."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx

from pilotlight_runtime.engine.host import OPTIMIZED_NAME


class NotOptimized(Exception):
    """ONNX Runtime cannot save what it made of a graph; the message is its own."""


def load_optimized(path: Path) -> onnx.ModelProto:
    """The graph at `path`, optimised, its weights in memory; on one host always the same. Raises NotOptimized."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / OPTIMIZED_NAME
        save_optimized(path, target)
        return onnx.load(str(target), format="protobuf")


def save_optimized(path: Path, target: Path, *, prepacked: bool = False) -> None:
    """Writes the optimised graph to `target` and its weights beside it, prepacked too where asked; or NotOptimized."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_file_name", target.with_suffix(".bin").name
    )
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    if prepacked:
        options.add_session_config_entry("session.save_external_prepacked_constant_initializers", "1")
    try:
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the classes of that module have no other base
        raise NotOptimized(str(error)) from error
