"""The documentation site builds without a warning, holds each page, and loads nothing from another host."""

import dataclasses
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import pilotlight
import pilotlight_runtime
from pilotlight.core.options import TrainingSettings

LOADS = re.compile(r'<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)="?((?:https?:)?//[^"\s>]+)')


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=request.config.rootpath, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_each_markdown_file_is_a_page(site: Path, request: pytest.FixtureRequest) -> None:
    docs = request.config.rootpath / "docs"
    pages = {path.relative_to(docs).with_suffix(".html").as_posix() for path in docs.rglob("*.md")}
    top = {"index.html", "contributing.html", "security.html", "changelog.html"}
    assert pages | top <= {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    assert LOADS.findall('<script src="https://example.com/a.js"></script><link rel=x href=//example.com/b.css>')
    loaded = {page.name: LOADS.findall(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    assert not {name: links for name, links in loaded.items() if links}


@pytest.mark.parametrize(
    ("module", "page"), [(pilotlight, "api/pilotlight.html"), (pilotlight_runtime, "api/runtime.html")]
)
def test_each_public_class_and_function_is_documented(module: ModuleType, page: str, site: Path) -> None:
    text = (site / page).read_text(encoding="utf-8")
    names = [name for name in module.__all__ if inspect.isroutine(getattr(module, name)) or is_class(module, name)]
    assert len(names) > 20
    assert [name for name in names if f'id="{module.__name__}.{name}"' not in text] == []


def test_each_result_type_that_is_not_exported_is_documented(site: Path) -> None:
    text = (site / "api/results.html").read_text(encoding="utf-8")
    functions = [value for name in pilotlight.__all__ if inspect.isfunction(value := getattr(pilotlight, name))]
    returned = {name for each in functions for name in result_types(each)}
    returned -= {*pilotlight.__all__, *pilotlight_runtime.__all__}
    assert len(returned) > 10
    assert [name for name in sorted(returned) if not re.search(rf'id="[\w.]+\.{name}"', text)] == []


def test_the_settings_that_run_inherits_are_documented(site: Path) -> None:
    text = (site / "api/pilotlight.html").read_text(encoding="utf-8")
    described = text[text.index('id="pilotlight.core.options.TrainingSettings"') :]
    assert [field.name for field in dataclasses.fields(TrainingSettings) if f"{field.name}</" not in described] == []


def result_types(function: Callable[..., object]) -> set[str]:
    """The names of Pilotlight's classes in the return annotation, which `from __future__ import annotations` keeps."""
    annotation = str(inspect.signature(function).return_annotation)
    return {name for name in re.findall(r"[A-Z]\w+", annotation) if name not in {"None", "Path", "Any", "NDArray"}}


def is_class(module: ModuleType, name: str) -> bool:
    return inspect.isclass(getattr(module, name)) and getattr(module, name).__module__.startswith("pilotlight")
