"""The errors of PyTorch and its exporter as one line: the module, the operator and the root cause.

The exporter's own message is a report of many lines with hints for its developers. What it reports stands in the
exceptions below: the first cause, the submodule whose `forward` was running, and the node that was being translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line

_TRANSLATION: Final = "torch/onnx/_internal/exporter"
_FIXED_BATCH: Final = re.compile(r"\w+\.size\(\)\[0\] == (\d+)")
"""What the guard of an exported program checks where the export made the batch a constant."""
_DYNAMIC_BATCH: Final = (
    "Export it with an open batch: torch.export.export(model, example, "
    'dynamic_shapes=({0: torch.export.Dim("batch")},)), one entry for each input.'
)


def refuse_call(
    error: Exception, module: Any, where: str, what: str = "cannot answer an example of zeros"
) -> ConversionError:
    """Return the error for a module that fails by itself.

    Args:
        error: What it raised.
        module: The module.
        where: The model in the message.
        what: What it cannot do.
    """
    guard = _FIXED_BATCH.search(str(find_root(error)))
    if guard is not None:
        batch = int(guard[1])
        return ConversionError(where, f"{what}: its batch is fixed at {batch} ({guard[0]})", _DYNAMIC_BATCH)
    inside = _name_running_module(error, module)
    return ConversionError(
        where,
        f"{what}: {inside}{kind_and_first_line(find_root(error))}",
        "Correct forward, or the shapes and datatypes of [signature].",
    )


def refuse_export(error: Exception, module: Any, where: str, opset: int) -> ConversionError:
    """Return the error for a module that the exporter cannot convert.

    Args:
        error: What the exporter raised.
        module: The module.
        where: The model in the message.
        opset: The version of ONNX's default operator set.
    """
    root = find_root(error)
    if isinstance(root, ImportError):
        return ConversionError(where, f"cannot be converted ({root})", "Run `pip install 'pilotlight[torch]'`.")
    node = _find_node(error)
    if node is not None:
        inside = _name_nodes_module(node)
        return ConversionError(
            where,
            f"cannot be converted to ONNX opset {opset}: {inside}{_name_target(node)} ({_describe_translation(error)})",
            "Replace that operation by others in forward.",
        )
    inside = _name_running_module(error, module)
    if type(root).__name__ == "GuardOnDataDependentSymNode":
        what = f"{inside}it decides by the values of a tensor, which a graph cannot"
        return ConversionError(where, f"cannot be converted: {what}", "Write it with torch.where, or decide by shapes.")
    return ConversionError(
        where,
        f"cannot be converted to ONNX opset {opset}: {inside}{kind_and_first_line(root)}",
        "Write forward with tensor operations that torch.export can trace.",
    )


def find_root(error: BaseException) -> BaseException:
    """Return the first cause of an error: what PyTorch raised before the exporter wrapped it."""
    while (cause := error.__cause__) is not None:
        error = cause
    return error


def list_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what caused it, from the last to the first."""
    while error is not None:
        yield error
        error = error.__cause__


def _list_frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames and lines in which an error and its causes were raised, the innermost of each first."""
    for each in list_causes(error):
        frames = []
        traceback: TracebackType | None = each.__traceback__
        while traceback is not None:
            frames.append((traceback.tb_frame, traceback.tb_lineno))
            traceback = traceback.tb_next
        yield from reversed(frames)


def _name_running_module(error: BaseException, module: Any) -> str:
    """Return "SUBMODULE (Class, file:line): ", the innermost module whose forward was running; "" for none.

    A module of PyTorch itself is named without its file.
    """
    names = {id(each): name for name, each in module.named_modules()}
    for frame, line in _list_frames(find_root(error)):
        owner = frame.f_locals.get("self")
        if id(owner) in names:
            file = Path(frame.f_code.co_filename)
            parts = [type(owner).__name__]
            if not type(owner).__module__.startswith("torch."):
                parts.append(f"{file.name}:{line}")
            name = names[id(owner)]
            return f"{name} ({', '.join(parts)}): " if name else f"{', '.join(parts)}: "
    return ""


def _find_node(error: BaseException) -> Any | None:
    """Return the node of torch.fx that the exporter was translating; None where it was not there yet."""
    for frame, _ in _list_frames(error):
        if _TRANSLATION in frame.f_code.co_filename and frame.f_code.co_name.startswith("_handle_call_function"):
            return frame.f_locals.get("node")
    return None


def _name_nodes_module(node: Any) -> str:
    """Return "SUBMODULE (Class) → ", the innermost submodule that a node is of; "" for the module itself."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return ""
    path, kind = stack[-1]
    name = re.sub(r"^(L\['self'\]\.)?_?model\.?", "", path)
    kind = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
    kind = kind.rpartition(".")[2]
    return f"{name} ({kind}) → " if name else f"{kind} → "


def _name_target(node: Any) -> str:
    """Return the operation of a node, such as aten.fft_fft2."""
    target = node.target
    packet = getattr(target, "overloadpacket", None)
    return str(packet if packet is not None else getattr(target, "__name__", target))


def _describe_translation(error: Exception) -> str:
    root = find_root(error)
    return "ONNX has no form of it" if type(root).__name__ == "DispatchError" else kind_and_first_line(root)
