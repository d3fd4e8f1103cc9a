"""Checks of a .pt2 file of torch.export.save, before PyTorch reads it.

PyTorch trusts such a file. It unpickles what is pickled in it, looks the operations of the graph up by name in all of
its modules, evaluates the expressions of sizes, and makes Python code of names and guards. So here a pickle must hold
tensors alone, an operation must be one of PyTorch's operators, a size must be arithmetic, and a name must be a name.

Source of the format: torch/export/pt2_archive and torch/_export/serde/schema.py of PyTorch 2.9 to 2.13.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from pilotlight.core.documents import Limits, read_object
from pilotlight.core.outside import MEBIBYTE, Origin
from pilotlight.core.printable import name_of

_LIMITS: Final = Limits(bytes=256 * MEBIBYTE, depth=500, parts=20_000_000, non_finite=True)
_ENTRIES: Final = re.compile(
    r"[^/]+/(?:archive_format|archive_version|version|byteorder|\.[\w.]+|\.data/\w+|models/[^/]+\.json"
    r"|data/(?:weights|constants|sample_inputs)/[^/]+|extra/.*)"
)
_PICKLED: Final = re.compile(r"[^/]+/data/(?:weights|constants|sample_inputs)/[^/]+\.pt")
_CONFIG: Final = re.compile(r"[^/]+/data/(?:weights|constants)/[^/]+_config\.json")
_GRAPH: Final = re.compile(r"[^/]+/models/[^/]+\.json")
_TENSOR: Final = re.compile(r"(?:weight|tensor)_\d+")
_OPERATION: Final = re.compile(
    r"torch\.ops\.(?:aten|prims|prim|higher_order|onnx|onnx_symbolic)\.\w+(?:\.\w+)?|math\.[a-z]\w*|torch\.sym_\w+"
    r"|torch\._sym_\w+|_operator\.(?:getitem|add|sub|mul|floordiv|truediv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_)"
)
_EXPRESSION: Final = re.compile(
    r"(?:[A-Z]\w*\b|[a-z_]\w*\b(?!\s*\()|'\w*'|\d+\b(?:\.\d+)?(?:e[+-]?\d+)?|[\s()+\-*/,<>=!&|~%])*"
)
"""Arithmetic as SymPy writes it: classes such as Symbol('s0', integer=True) are called, but no function of Python."""
_NAME: Final = re.compile(r"[\w.@+:<>\- ]*")
_SPECS: Final = frozenset({"in_spec", "out_spec"})
_FREE: Final = frozenset({"metadata", "as_string", "as_strings", "treespec_namedtuple_fields"})
"""Parts that PyTorch quotes wherever it makes code of a graph."""
_CONTAINERS: Final = frozenset({None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"})
_GUARD_CALLS: Final = frozenset({"size", "stride", "storage_offset", "isnan"})
_GUARD_NODES: Final = (
    ast.Expression, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Constant, ast.Subscript, ast.Name, ast.Load,
    ast.Attribute, ast.Call, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Tuple,
)  # fmt: skip


def check_program_archive(archive: zipfile.ZipFile, origin: Origin) -> None:
    """Refuse a .pt2 file that could do more than compute.

    Args:
        archive: The open file.
        origin: Its name, for errors.

    Raises:
        UserError: It holds code, pickled objects, or operations that are not PyTorch's; of the class of `origin`.
    """
    for name in archive.namelist():
        if not _ENTRIES.fullmatch(name) or ".." in name.split("/"):
            raise origin.refuse(f"holds {name_of(name)!r}, which is no part of a graph of torch.export.save")
        if _PICKLED.fullmatch(name):
            _check_pickle(archive.read(name), name, origin)
        elif _CONFIG.fullmatch(name):
            _check_tensors(_read(archive, name, origin), origin)
        elif _GRAPH.fullmatch(name):
            _check_graph(_read(archive, name, origin), origin)


def _read(archive: zipfile.ZipFile, name: str, origin: Origin) -> dict[str, Any]:
    if archive.getinfo(name).file_size > _LIMITS.bytes:
        raise origin.refuse(f"holds {name_of(name)!r} of more than {_LIMITS.bytes:,} bytes, which is the limit")
    return read_object(archive.read(name), Origin(f"{origin.where}: {name}", origin.hint, origin.error), _LIMITS)


def _check_pickle(content: bytes, name: str, origin: Origin) -> None:
    """Load a pickle as PyTorch loads weights. torch.export.load would load it in full where that fails."""
    import torch

    try:
        if content:
            torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # torch.load raises every kind of error for a pickle that it does not accept.
        raise origin.refuse(f"holds {name_of(name)!r}, a pickle of more than tensors, which could run code") from error


def _check_tensors(config: dict[str, Any], origin: Origin) -> None:
    tensors = config.get("config")
    for tensor in tensors.values() if isinstance(tensors, dict) else ():
        place = tensor.get("path_name") if isinstance(tensor, dict) else None
        if not isinstance(place, str) or not _TENSOR.fullmatch(place) or tensor.get("use_pickle") is not False:
            raise origin.refuse(f"holds {name_of(str(place))!r}, which is pickled or no tensor, so it could run code")


def _check_graph(graph: dict[str, Any], origin: Origin) -> None:
    for key, value in _list_texts(graph, ""):
        if key == "target" and not _OPERATION.fullmatch(value):
            raise origin.refuse(f"uses the operation {name_of(value)!r}, which is none of PyTorch's own operators")
        if key == "guards_code":
            safe = _is_safe_guard(value)
        elif key in _SPECS:
            safe = _is_safe_spec(value)
        else:
            safe = key == "target" or (_EXPRESSION if key == "expr_str" else _NAME).fullmatch(value) is not None
        if not safe:
            raise origin.refuse(f"holds {name_of(value)!r}, of which PyTorch would make code")


def _list_texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield each text with the key that it stands under, and each key of an object as a text without one."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for part in value:
            yield from _list_texts(part, key)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield "", name
            if name not in _FREE:
                yield from _list_texts(part, name)


def _is_safe_spec(text: str) -> bool:
    """Return whether the structure of inputs or outputs consists of plain tuples, lists and dictionaries."""
    try:
        level = [json.loads(text)] if text else []
    except ValueError:
        return False
    while level:
        part = level.pop()
        if isinstance(part, list):
            level += part
        elif isinstance(part, dict):
            if part.get("type") not in _CONTAINERS:
                return False
            level += part.get("children_spec", ())
    return True


def _is_safe_guard(text: str) -> bool:
    """Return whether a guard compares sizes and nothing else."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _GUARD_NODES):
            return False
        if isinstance(node, ast.Attribute) and node.attr not in _GUARD_CALLS | {"inf", "dtype", "shape"}:
            return False
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Attribute)
            or (isinstance(node.func, ast.Name) and re.fullmatch(r"[A-Z]\w*|max|min|abs", node.func.id))
        ):
            return False
    return True
