"""docs/architecture.md lists the files of some ways through the code: each exists, and an earlier one imports it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MOST_FILES = 14
MOST_RETURNS = 4


RUNTIME = ROOT / "layers" / "runtime"
WAYS = ("train", "import", "charge")


def files(way: str) -> list[Path]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text.split(f"<!-- follow {way}: begin -->")[1].split(f"<!-- follow {way}: end -->")[0]
    return [ROOT / name for name in re.findall(r"^\d+\. `([^`]+)`", part, re.MULTILINE)]


def imported(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(RUNTIME if path.is_relative_to(RUNTIME) else ROOT).with_suffix("").parts)


def names(path: Path) -> set[str]:
    """A module, and the packages that hand its names on."""
    parts = module(path).split(".")
    return {".".join(parts), ".".join(parts[:-1])}


@pytest.mark.parametrize("name", WAYS)
def test_a_way_has_at_most_fourteen_files(name: str) -> None:
    assert 0 < len(files(name)) <= MOST_FILES
    assert [path for path in files(name) if not path.is_file()] == []


@pytest.mark.parametrize("name", WAYS)
def test_each_file_is_imported_by_an_earlier_one_and_returns_are_few(name: str) -> None:
    way = files(name)
    returns = 0
    for index, path in enumerate(way[1:], start=1):
        importers = [at for at in range(index) if names(path) & imported(way[at])]
        assert importers, f"{path} is imported by no earlier file"
        returns += index - 1 not in importers
    assert returns <= MOST_RETURNS
