"""What is done with a module of the standard library when something imports it, in this process."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pilotlight_runtime.late_imports import when_imported


@pytest.fixture(autouse=True)
def finders() -> Iterator[None]:
    before = [*sys.meta_path]
    yield
    sys.meta_path[:] = before
    sys.modules.pop("seldom_used", None)


@pytest.fixture
def seldom_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "seldom_used.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return "seldom_used"


def test_a_loaded_module_is_acted_on_at_once() -> None:
    seen: list[ModuleType] = []
    when_imported("sys", seen.append)
    assert seen == [sys]


def test_another_one_is_acted_on_once_it_has_run(seldom_used: str) -> None:
    seen: list[int] = []
    watches = len(sys.meta_path) + 1
    when_imported(seldom_used, lambda module: seen.append(module.VALUE))
    importlib.import_module("json.tool")
    assert seen == []
    assert len(sys.meta_path) == watches
    importlib.import_module(seldom_used)
    assert seen == [1]
    assert len(sys.meta_path) == watches - 1


def test_who_only_asks_for_the_spec_does_not_end_the_watch(seldom_used: str) -> None:
    seen: list[int] = []
    when_imported(seldom_used, lambda module: seen.append(module.VALUE))
    assert importlib.util.find_spec(seldom_used) is not None
    importlib.import_module(seldom_used)
    assert seen == [1]


def test_several_may_wait_for_one_module(seldom_used: str) -> None:
    seen: list[str] = []
    before = len(sys.meta_path)

    def note(name: str) -> Callable[[ModuleType], None]:
        return lambda _module: seen.append(name)

    for name in ("first", "second", "third"):
        when_imported(seldom_used, note(name))
    importlib.import_module(seldom_used)
    assert sorted(seen) == ["first", "second", "third"]
    assert len(sys.meta_path) == before


def test_a_module_that_is_nowhere_is_not_found() -> None:
    when_imported("is_nowhere", lambda _module: pytest.fail("it cannot be imported"))
    assert importlib.util.find_spec("is_nowhere") is None
