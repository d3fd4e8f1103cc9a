"""Converts a PyTorch module to an ONNX graph, by torch.onnx.export with dynamic shapes.

The exporter traces the module on an example. Before that, the module answers the example itself, so that a mistake of
the module is reported as one. The example has five samples: sizes of 0 and 1 would become constants of the graph.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final

import onnx

from pilotlight.conversion.canonicalize import canonicalize
from pilotlight.conversion.guards import guard_operators
from pilotlight.conversion.torch.calls import call_module
from pilotlight.conversion.torch.checks import check_dimensions, check_opset, check_program, check_random
from pilotlight.conversion.torch.errors import find_root, refuse_export
from pilotlight.conversion.torch.example import Source, find_example
from pilotlight.conversion.torch.fixed import refuse_fixed
from pilotlight.conversion.torch.layers import exportable_layers
from pilotlight.conversion.torch.recurrent import recurrent_operators
from pilotlight.conversion.torch.script import export_script, is_script
from pilotlight.conversion.value_types import list_graphs
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.manifest import MODEL_NAME

_MOST_BYTES: Final = 2_000_000_000
"""The most bytes of weights inside model.onnx. Protobuf's limit is 2 GiB."""


def write_onnx(source: Source, into: Path, most_bytes: int = _MOST_BYTES) -> None:
    """Convert a module, and write it as model.onnx.

    Args:
        source: The module.
        into: An existing folder.
        most_bytes: Weights of more bytes are written to a file beside model.onnx.

    Raises:
        ConversionError: The module cannot be converted.
    """
    path = into / MODEL_NAME
    with quiet():
        example = find_example(source)
        if is_script(source.module):
            model = export_script(source.module, example, source.signature, source.where, source.opset)
        else:
            model = _export_program(source, example, path, outside=_count_bytes(source.module) > most_bytes)
    path.write_bytes(finish_graph(model, source))


def _export_program(source: Source, example: tuple[Any, ...], path: Path, *, outside: bool) -> onnx.ModelProto:
    """Return the graph of a module. Its weights are in a file beside `path` where they are to be outside."""
    program = export(source, example)
    check_program(program, source.where)
    if not outside:
        model: onnx.ModelProto = program.model_proto
        return model
    program.save(path, external_data=True)
    return onnx.load(path, load_external_data=False)


def finish_graph(model: onnx.ModelProto, source: Source) -> bytes:
    """Check a graph of the exporter, and make equal graphs of equal modules.

    Args:
        model: The graph. Its inputs and outputs are in the order of the signature.
        source: The module.

    Returns:
        The content of model.onnx.

    Raises:
        ConversionError: The graph is of another operator set, draws random numbers, or fixes a dimension that the
            signature leaves open.
    """
    check_opset(model, source.opset, source.where)
    check_random(model, source.where)
    check_dimensions(model, source.signature, source.where)
    _remove_metadata(model)
    result = canonicalize(model, source.signature)
    guard_operators(result, source.where)
    content: bytes = result.SerializeToString(deterministic=True)
    return content


def export(source: Source, example: tuple[Any, ...]) -> Any:
    """Trace a module and translate it to ONNX.

    Args:
        source: The module.
        example: Inputs that it answers, in the order of the signature.

    Returns:
        A torch.onnx.ONNXProgram, whose inputs and outputs are those of the signature.

    Raises:
        ConversionError: The module cannot be converted.
    """
    import torch

    whole = make_whole(source)
    dynamic = torch.export.Dim.DYNAMIC
    shapes = tuple(
        {axis: dynamic for axis, size in enumerate(spec.shape) if size < 0} for spec in source.signature.inputs
    )
    try:
        with exportable_layers(source.module), recurrent_operators(source.module):
            return torch.onnx.export(
                whole,
                example,
                dynamic_shapes=(shapes,),  # of the one parameter *tensors
                dynamo=True,
                opset_version=source.opset,
                verbose=False,
            )
    except ConversionError:
        raise
    except Exception as error:
        # The exporter raises every kind of error for what it cannot convert, and wraps those of our own.
        if isinstance(root := find_root(error), ConversionError):
            raise root from error
        fixed = refuse_fixed(error, whole, (example, shapes), source.signature, source.where)
        raise (fixed or refuse_export(error, source.module, source.where, source.opset)) from error


def make_whole(source: Source) -> Any:
    """Return a module that takes the inputs of the signature in its order, and returns its outputs in its order."""
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = source.module

        def forward(self, *tensors: Any) -> tuple[Any, ...]:
            return call_module(self.model, tensors, source.signature)

    whole = Whole()
    whole.training = False  # of this module alone: an exported graph inside it refuses to be told its mode
    return whole


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, neither PyTorch nor its exporter writes anything."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _count_bytes(module: Any) -> int:
    tensors = {each.data_ptr(): each for each in (*module.parameters(), *module.buffers())}
    return sum(each.numel() * each.element_size() for each in tensors.values())


def _remove_metadata(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes of modules, and of files and lines on this machine."""
    del model.metadata_props[:]
    for graph in (model.graph, *list_graphs(model.graph.node)):
        del graph.metadata_props[:]
        for item in (*graph.node, *graph.initializer, *graph.input, *graph.output):
            del item.metadata_props[:]
