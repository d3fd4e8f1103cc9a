"""SECURITY.md: each threat has a row, and each row a test that is there."""

import ast
import re
from pathlib import Path

import pytest

TEN = [f"API{number}" for number in range(1, 11)]


@pytest.fixture
def root(request: pytest.FixtureRequest) -> Path:
    return request.config.rootpath


@pytest.fixture
def text(root: Path) -> str:
    return (root / "SECURITY.md").read_text(encoding="utf-8")


def test_each_threat_of_owasp_has_a_row_and_each_row_a_test(text: str) -> None:
    table = text.partition("| threat | what holds it | shown by |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[2:]]
    assert [row[0].split()[0] for row in rows] == TEN
    for threat, held_by, shown_by in rows:
        assert held_by, threat
        assert re.search(r"`tests/", shown_by), threat


def test_each_test_that_it_names_is_there(root: Path, text: str) -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", text))
    assert len(named) > 30
    for path, test in named:
        found = root / path
        assert found.is_file() or list(found.glob("*.py")), path
        if test:
            functions = [node.name for node in ast.parse(found.read_text()).body if isinstance(node, ast.FunctionDef)]
            assert test in functions, f"{path} has no {test}"
