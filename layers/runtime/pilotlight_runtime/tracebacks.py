"""Exceptions as text that a log may hold: nothing of a request is in it, whatever an app.py raises.

A message may quote the input, and so may a class made from it, a file name given to compile() and a note. So only these
are shown: the name of a class that a module holds under that name; file, line and function of code that comes from a
file; and the messages of Pilotlight's own errors that no code but Pilotlight's had a hand in.
"""

from __future__ import annotations

import os
import sys

from pilotlight_runtime.errors import InferenceFailed, LoadError
from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import CodeType, TracebackType

UNNAMED: Final = "UnnamedException"
"""Stands for a class that no module holds under its name."""

_NOWHERE: Final = "(code that comes from no file)"
_MOST_ERRORS: Final = 20
_MOST_FRAMES: Final = 50
_OWN_FOLDER: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep
_PARTS: Final = frozenset({"<module>", "<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
"""Names that Python gives to code without a name."""

_STATUS: Final = "Status Message:"
_NODE: Final = "Non-zero status code returned while running "
"""ONNX Runtime names the node between these two, and values of the input only behind the second."""


def class_name(error: BaseException) -> str:
    """The qualified name of the error's class; UNNAMED where its module holds no such class, so that it may be made up.

    Args:
        error: Any exception.
    """
    return qualified_name(type(error))


def qualified_name(kind: type) -> str:
    """As class_name, for a class."""
    name, module = (type.__dict__[field].__get__(kind) for field in ("__qualname__", "__module__"))
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return str(name) if found is kind else UNNAMED


def location(file: str, line: int) -> str:
    """File and line of code that comes from a file."""
    return f"{file}:{line}" if file.endswith(".py") and os.path.isfile(file) else _NOWHERE


def format_redacted(error: BaseException) -> str:
    """The error, its causes and the members of a group, each with the lines of its traceback.

    Args:
        error: Any exception.
    """
    lines: list[str] = []
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_ERRORS:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        message = _own_message(found)
        lines.append(f"{class_name(found)}: {message}" if message else class_name(found))
        lines += _frames(_traceback(found))
        waiting = _before(found) + waiting
    return "\n".join(lines)


def _before(error: BaseException) -> list[BaseException]:
    """The members of a group, and what the error was raised from. The getters are Python's own, not a subclass'."""
    base: Any = BaseException
    cause = base.__cause__.__get__(error)
    if cause is None and not base.__suppress_context__.__get__(error):
        cause = base.__context__.__get__(error)
    group: Any = getattr(sys.modules["builtins"], "BaseExceptionGroup", ())
    members = group.exceptions.__get__(error) if group and isinstance(error, group) else ()
    return [*members, *([] if cause is None else [cause])]


def _own_message(error: BaseException) -> str:
    """The message, where it is Pilotlight's own and no other code had a hand in it; the failed node of a graph."""
    text = BaseException.__str__(error)
    if type(error) is getattr(sys.modules.get("pilotlight_runtime.engine.abi"), "OrtError", None):
        node, separator, _ = text.partition(_STATUS)
        return node.strip() if separator and node.startswith(_NODE) else ""
    table_failed = getattr(sys.modules.get("pilotlight_runtime.metering.store"), "StoreFailed", ())
    if type(error) is not InferenceFailed and not isinstance(error, LoadError) and not isinstance(error, table_failed):
        return ""
    codes = _codes(_traceback(error))
    return text if codes and all(_is_own(code) for code, _ in codes) else ""


def _is_own(code: CodeType) -> bool:
    return os.path.abspath(code.co_filename).startswith(_OWN_FOLDER)


def _traceback(error: BaseException) -> TracebackType | None:
    base: Any = BaseException
    found: TracebackType | None = base.__traceback__.__get__(error)
    return found


def _codes(trace: TracebackType | None) -> list[tuple[CodeType, int]]:
    """The code and the line of each frame, the innermost last."""
    found = []
    while trace is not None:
        found.append((trace.tb_frame.f_code, trace.tb_lineno))
        trace = trace.tb_next
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    return [_describe(code, line) for code, line in _codes(trace)[-_MOST_FRAMES:]]


def _describe(code: CodeType, line: int) -> str:
    """File, line and function."""
    place = location(code.co_filename, line)
    if place == _NOWHERE:
        return f"  {place}"
    name = code.co_name if code.co_name in _PARTS or _defines(code.co_filename, code.co_name) else "?"
    return f"  {place} in {name}"


def _defines(file: str, name: str) -> bool:
    """Whether the file defines a function or class of this name: compile() may join any name to that of a file."""
    try:
        with open(file, "rb") as source:
            text = source.read()
    except (OSError, ValueError):
        return False
    written = (f"def {name}(", f"def {name}[", f"class {name}(", f"class {name}:")
    return name.isidentifier() and any(each.encode() in text for each in written)
