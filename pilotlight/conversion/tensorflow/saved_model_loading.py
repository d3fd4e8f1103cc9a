"""Loads a SavedModel folder of TensorFlow, without the code that built it.

A SavedModel is a program. TensorFlow runs it when the model is called, and parts of it when it is loaded. What reads or
writes files or calls Python is refused before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.tensorflow.saved_model import Port, SavedModel
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.outside import Origin, read_file
from pilotlight.core.printable import name_of
from pilotlight.core.process_output import hide_native_logs

GRAPH: Final = "saved_model.pb"
_DEFAULT: Final = "serving_default"
_MOST_BYTES: Final = (2 << 30) - 1
"""The limit of protobuf."""
_UNSAFE: Final = frozenset(
    (
        *("ReadFile", "WriteFile", "MatchingFiles", "WholeFileReaderV2", "TextLineReaderV2", "TFRecordReaderV2"),
        *("FixedLengthRecordReaderV2", "Save", "Restore", "RestoreSlice", "DebugIdentityV2"),
        *("PyFunc", "PyFuncStateless", "EagerPyFunc", "PyClientCall", "RpcCall", "GeneratorDataset"),
    )
)
"""Operations that touch files or other processes. Saving and restoring weights (SaveV2, RestoreV2) is in every one."""
_HINT: Final = "Export it again: model.export(FOLDER), or tf.saved_model.save(module, FOLDER, signatures=...)."


def is_saved_model(path: Path) -> bool:
    """Return whether a path is a folder that holds a SavedModel."""
    return path.is_dir() and (path / GRAPH).exists()


def load_saved_model(path: Path) -> SavedModel:
    """Load a SavedModel.

    Args:
        path: The folder.

    Raises:
        ConversionError: It cannot be loaded, holds an operation that touches files, or has no serving function.
    """
    where = str(path)
    content = read_file(path / GRAPH, Origin(str(path / GRAPH), _HINT, ConversionError), _MOST_BYTES)
    with hide_native_logs():
        try:
            import tensorflow as tf
            from tensorflow.core.protobuf import saved_model_pb2
        except ImportError as error:
            raise ConversionError(
                where, f"cannot be loaded ({error})", "Run `pip install 'pilotlight[convert]'`."
            ) from error
        try:
            program = saved_model_pb2.SavedModel.FromString(content)
            unsafe = sorted({each for each in _list_operations(program) if each in _UNSAFE})
            loaded = None if unsafe else tf.saved_model.load(str(path))
        except Exception as error:
            # TensorFlow and protobuf raise every kind of error for a damaged folder.
            raise ConversionError(
                where, f"cannot be loaded by TensorFlow ({kind_and_first_line(error)})", _HINT
            ) from error
    if unsafe:
        what = f"holds the operations {', '.join(map(name_of, unsafe))}, which reach files or other processes"
        raise ConversionError(where, what, "Such a SavedModel is not loaded. Export the model without them.")
    return _read_model(loaded, _find_function(loaded, where))


def _read_model(loaded: Any, function: Any) -> SavedModel:
    inputs, outputs = _read_ports(function.structured_input_signature[1]), _read_ports(function.structured_outputs)

    def call(*tensors: Any) -> list[Any]:
        answer = function(**{port.name: each for port, each in zip(inputs, tensors, strict=True)})
        return [answer[port.name] for port in outputs]

    return SavedModel(loaded, call, inputs, outputs)


def _find_function(loaded: Any, where: str) -> Any:
    signatures = getattr(loaded, "signatures", {})
    if _DEFAULT in signatures:
        return signatures[_DEFAULT]
    if len(signatures) == 1:
        return next(iter(signatures.values()))
    found = f"has the signatures {', '.join(map(name_of, signatures))}" if signatures else "has no signature"
    raise ConversionError(where, f"{found}, and none is {_DEFAULT}", _HINT)


def _list_operations(program: Any) -> Iterator[str]:
    for graph in program.meta_graphs:
        yield from (node.op for node in graph.graph_def.node)
        yield from (node.op for function in graph.graph_def.library.function for node in function.node_def)


def _read_ports(specs: Mapping[str, Any]) -> list[Port]:
    """Read inputs or outputs in the order of their names, output_2 before output_10. TensorFlow gives them in any."""
    return [_read_port(name, specs[name]) for name in sorted(specs, key=_split_number)]


def _split_number(name: str) -> tuple[str, int]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or -1)


def _read_port(name: str, spec: Any) -> Port:
    shape = tuple(spec.shape.as_list()) if spec.shape.rank is not None else ()
    return Port(name, spec.dtype.name, shape)
