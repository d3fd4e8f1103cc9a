"""The graph that ONNX Runtime's optimizer returns for this host."""

from __future__ import annotations

from pathlib import Path

import onnx

from pilotlight.core.disk import raise_if_full, temporary_folder
from pilotlight_runtime.engine.host import OPTIMIZED_NAME


class OptimizerError(Exception):
    """ONNX Runtime cannot save an optimized graph. The message is ONNX Runtime's."""


def load_optimized(path: Path) -> onnx.ModelProto:
    """Optimize a graph, and load the result with its weights. The result is the same each time on one host.

    Args:
        path: The graph.

    Raises:
        OptimizerError: ONNX Runtime cannot save it.
        UserError: The temporary folder cannot be used.
    """
    with temporary_folder() as folder:
        target = folder / OPTIMIZED_NAME
        save_optimized(path, target)
        return onnx.load(str(target), format="protobuf")


def save_optimized(path: Path, target: Path, *, prepacked: bool = False) -> None:
    """Optimize a graph, and save it with its weights in a file beside it.

    Args:
        path: The graph.
        target: The file of the optimized graph.
        prepacked: Whether to save the weights in prepacked form too.

    Raises:
        OptimizerError: ONNX Runtime cannot save it.
        OSError: The disk is full.
    """
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
    except Exception as error:  # the errors of that module have no other base class
        raise_if_full(target)
        raise OptimizerError(str(error)) from error
