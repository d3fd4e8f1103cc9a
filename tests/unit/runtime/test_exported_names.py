"""What `from pilotlight_runtime import ...` and `from pilotlight.serving import ...` promise (as httpx's test does)."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import pilotlight.serving
import pilotlight_runtime
from pilotlight_runtime.datatypes import DATATYPES

ROOT = Path(__file__).parents[3]
SOURCE = Path(pilotlight_runtime.__file__)
ALIASES = {"Predict", "Prepare", "Prepared"}


def _sorted_as_ruff_does(names: list[str]) -> list[str]:
    """Constants, then classes, then functions, each in natural order: what RUF022 demands."""
    kind = {name: 0 if name.isupper() else 1 if name[0].isupper() else 2 for name in names}

    def natural(name: str) -> list[str | int]:
        digits = "".join(c for c in name if c.isdigit())
        return [name.rstrip("0123456789"), int(digits or 0)]

    return sorted(names, key=lambda name: (kind[name], natural(name)))


def test_the_names_are_sorted_and_there() -> None:
    exported = pilotlight_runtime.__all__
    assert exported == _sorted_as_ruff_does(exported)
    assert len(set(exported)) == len(exported)
    for name in exported:
        assert getattr(pilotlight_runtime, name) is not None


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    """The imports under TYPE_CHECKING, `__all__` and what is imported lazily are three lists; they must agree."""
    seen: dict[str, str] = {}
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            seen |= {alias.name: node.module for alias in node.names}
    assert set(seen) == set(pilotlight_runtime.__all__)
    for name, module in seen.items():
        assert getattr(pilotlight_runtime, name) is getattr(sys.modules[module], name)


def test_the_tool_exports_what_the_runtime_exports() -> None:
    assert pilotlight.serving.__all__ is pilotlight_runtime.__all__
    for name in pilotlight_runtime.__all__:
        assert getattr(pilotlight.serving, name) is getattr(pilotlight_runtime, name)
    assert set(pilotlight_runtime.__all__) <= set(dir(pilotlight.serving)) & set(dir(pilotlight_runtime))


@pytest.mark.parametrize("module", [pilotlight_runtime, pilotlight.serving])
def test_a_name_that_is_not_exported_is_an_attribute_error(module: Any) -> None:
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'tensorflow'"):
        _ = module.tensorflow


@pytest.mark.parametrize("module", ["pilotlight_runtime", "pilotlight.serving"])
def test_importing_the_package_imports_no_module_of_it(module: str) -> None:
    code = f"import {module}, sys; print(*(name for name in sys.modules if name.startswith(('pilotlight', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) <= {"pilotlight", "pilotlight.serving", "pilotlight_runtime"}


@pytest.mark.parametrize("name", sorted(set(pilotlight_runtime.__all__) - ALIASES - set(DATATYPES)))
def test_a_docstring_says_what_goes_in_and_what_comes_out(name: str) -> None:
    exported = getattr(pilotlight_runtime, name)
    if isinstance(exported, type) and issubclass(exported, Exception):
        assert inspect.getdoc(exported)
        return
    if not isinstance(exported, type):
        _check_function(name, exported)
        return
    _check_class(exported)
    for method, function in _public_methods(exported):
        _check_function(f"{name}.{method}", function)


def test_aliases_and_constants_are_documented_where_they_are_defined() -> None:
    text = (SOURCE.parent / "types.py").read_text(encoding="utf-8")
    body = ast.parse(text).body
    documented = {
        node.targets[0].id
        for node, after in pairwise(body)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(after, ast.Expr)
    }
    assert documented >= ALIASES
    assert set(DATATYPES) <= set(pilotlight_runtime.__all__)


def test_an_app_py_needs_no_other_module() -> None:
    """functions/, the scaffold and the docs import from the package alone."""
    sources = [*ROOT.glob("functions/*/*.py"), *ROOT.glob("pilotlight/scaffold/**/*.py")]
    assert len(sources) > 20
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pilotlight_runtime"):
                assert node.module == "pilotlight_runtime", source
                assert {alias.name for alias in node.names} <= set(pilotlight_runtime.__all__), source


def _public_methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, member in vars(kind).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        if inspect.isfunction(function) and not name.startswith("_"):
            yield name, function


def _check_class(kind: type) -> None:
    """Fields stand under Attributes, the constructor's arguments under Args."""
    text = inspect.getdoc(kind) or ""
    assert text, kind
    fields = getattr(kind, "_fields", ())
    if fields:
        listed = _listed(text, "Attributes")
        assert listed == list(fields), kind
    elif "__init__" in vars(kind):
        assert _listed(text, "Args") == _parameters(vars(kind)["__init__"]), kind


def _check_function(name: str, function: Callable[..., Any]) -> None:
    text = inspect.getdoc(function) or ""
    assert text, name
    assert _listed(text, "Args") == _parameters(function), name
    returned = inspect.signature(function).return_annotation
    assert (returned in ("None", None)) != ("Returns:" in text or "Yields:" in text), name


def _parameters(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def _listed(text: str, section: str) -> list[str]:
    """The names that a section of a Google-style docstring explains."""
    names = []
    inside = False
    for line in text.splitlines():
        if not line.startswith(" ") and line:
            inside = line == f"{section}:"
        elif inside and line.startswith("    ") and not line.startswith("     "):
            name, _, explained = line.strip().partition(":")
            assert explained.strip(), line
            names.append(name)
    return names
