"""A person's Python files, read without executing them."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file

_MOST_BYTES: Final = 16 * MEBIBYTE


class ExitedAtImport(Exception):
    """A person's file calls sys.exit while it is imported.

    Args:
        code: What it gave to sys.exit.
    """

    def __init__(self, code: object) -> None:
        super().__init__(f"it calls sys.exit({code!r}) while it is imported")


def read_top_level_names(path: Path) -> set[str]:
    """Return the names that a file binds at its top level.

    Args:
        path: The Python file. It is parsed, not executed.

    Raises:
        FileNotFoundError: The file does not exist.
        SyntaxError: It is not Python.
        UnicodeDecodeError: It is not UTF-8.
        ProjectError: It is no regular file, or is larger than any code.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    source = read_file(path, Origin(str(path), "Write the code into a file.", ProjectError), _MOST_BYTES)
    names: set[str] = set()
    for node in ast.parse(source.decode("utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update(alias.asname or alias.name for alias in aliases)
            case _:
                pass
    return names


def load_python_file(path: Path, name: str) -> ModuleType:
    """Execute the file as a module, which sys.modules does not hold: two files of one name never meet there.

    Args:
        path: The file.
        name: The module's name, for tracebacks and pickles.

    Raises:
        ImportError: The file's name does not end in .py.
        ExitedAtImport: The file calls sys.exit, which would end the command as if it had done its work.
        Exception: Whatever the file raises.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SystemExit as error:
        raise ExitedAtImport(error.code) from error
    return module
