"""`pilotlight` exports what a train.py and a notebook use: lazily, with docstrings, and nothing else is needed."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

import pilotlight

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "tensorflow", "keras", "sklearn", "onnx", "onnxruntime", "typer", "rich", "boto3")
PUBLIC = {"pilotlight", "pilotlight_runtime"}


def type_checking_imports() -> dict[str, str]:
    """The module of each name in the block that type checkers read."""
    tree = ast.parse(Path(pilotlight.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def table() -> dict[str, str]:
    """The module of each name in the table that a running Python reads."""
    return {name: module for module, names in pilotlight._NAMES.items() for name in names}


def test_one_list_of_names() -> None:
    assert table() == type_checking_imports()
    assert sorted(pilotlight.__all__) == sorted([*table(), "__version__"])
    assert set(pilotlight.__all__) <= set(dir(pilotlight))


@pytest.mark.parametrize("name", sorted(table()))
def test_each_name_is_where_the_table_says(name: str) -> None:
    assert getattr(pilotlight, name) is getattr(sys.modules[table()[name]], name)


def test_other_names_are_told() -> None:
    with pytest.raises(AttributeError, match="module 'pilotlight' has no attribute 'fit_modle'"):
        _ = pilotlight.fit_modle  # type: ignore[attr-defined]


def test_import_pilotlight_loads_nothing_heavy() -> None:
    code = f"import sys, pilotlight; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def own(kind: Callable[[Any], bool]) -> list[str]:
    """The exported names of one kind."""
    return sorted(name for name in table() if kind(getattr(pilotlight, name)))


FUNCTIONS = own(inspect.isfunction)
CLASSES = own(inspect.isclass)


def test_every_export_is_looked_at_or_is_a_value() -> None:
    assert set(own(lambda _: True)) - {*FUNCTIONS, *CLASSES} == {"Array", "METRICS", "NamedArrays"}


def section(doc: str, name: str) -> str:
    """A section of a docstring in Google's style, "" where it is not there."""
    found = re.search(rf"(?m)^{name}:\n((?:(?: {{4}}.*)?\n?)+)", doc)
    return found[1] if found else ""


def described(doc: str, *sections: str) -> set[str]:
    """The names that these sections describe."""
    return {name for each in sections for name in re.findall(r"(?m)^ {4}\*{0,2}(\w+): \S", section(doc, each))}


def raised(function: Any) -> set[str]:
    """The errors that the function itself raises by name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call))
    return {name for name in (ast.unparse(call.func) for call in calls) if name[0].isupper()}


def check_callable(where: str, function: Any, *, needs_returns: bool) -> None:
    doc = inspect.getdoc(function) or ""
    assert re.match(r"[A-Z`\"].*\.(\n\n|\Z)", doc), (
        f"{where}: the first line is one sentence with a blank line after it"
    )
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    assert described(doc, "Args") == parameters, where
    assert raised(function) <= described(doc, "Raises"), where
    if needs_returns and inspect.signature(function).return_annotation not in ("None", None):
        assert section(doc, "Returns").strip(), where


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_describe_arguments_results_and_errors(name: str) -> None:
    check_callable(name, getattr(pilotlight, name), needs_returns=True)


def fields(kind: type) -> set[str]:
    """The fields of a data class or named tuple, without options, which are described where they are declared."""
    if is_dataclass(kind):
        return {field.name for field in dataclasses.fields(kind) if not field.metadata.get("option")}
    return set(getattr(kind, "_fields", ()))


@pytest.mark.parametrize("name", CLASSES)
def test_classes_describe_their_attributes_and_methods(name: str) -> None:
    kind = getattr(pilotlight, name)
    doc = inspect.getdoc(kind) or ""
    assert re.match(r"[A-Z].*\.(\n\n|\Z)", doc), name
    assert fields(kind) <= described(doc, "Attributes", "Args"), name
    for method, function in vars(kind).items():
        if inspect.isfunction(function) and not method.startswith("_"):
            check_callable(f"{name}.{method}", function, needs_returns=False)


def python_of(path: Path) -> Iterator[ast.Module]:
    """The Python of a file: all of it, or the code blocks of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield ast.parse(text)
    else:
        for block in re.findall(r"(?ms)^```python\n(.*?)^```", text):
            yield ast.parse(block)


def private_imports(path: Path) -> list[str]:
    """The modules of Pilotlight, other than its public ones, that `path` imports from."""
    nodes = [node for tree in python_of(path) for node in ast.walk(tree)]
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return [module for module in modules if module.partition(".")[0] in PUBLIC and module not in PUBLIC]


def examples() -> list[Path]:
    """What people read and copy: the reference models, what `pilotlight new` writes, the documentation."""
    code = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "pilotlight" / "scaffold" / "kinds").rglob("*.py")]
    return sorted([*code, ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_examples_import_from_the_public_modules_alone() -> None:
    assert len(examples()) > 40
    found = {str(path.relative_to(ROOT)): private_imports(path) for path in examples()}
    assert {path: modules for path, modules in found.items() if modules} == {}


def test_a_private_import_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nfrom pilotlight.core.artifacts import Dataset\n```\n\n```sh\nimport pilotlight.cli\n```\n"
    )
    assert private_imports(page) == ["pilotlight.core.artifacts"]


def test_pilotlights_own_modules_import_from_each_other_directly() -> None:
    """Import contracts would not see what they took from the package itself."""
    found = {}
    for path in (ROOT / "pilotlight").rglob("*.py"):
        if path.is_relative_to(ROOT / "pilotlight" / "scaffold" / "kinds"):
            continue
        imports = [node for tree in python_of(path) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = {alias.name for node in imports if node.module == "pilotlight" for alias in node.names}
        if names & set(table()):
            found[str(path.relative_to(ROOT))] = sorted(names)
    assert found == {}
