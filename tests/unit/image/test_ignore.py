from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.image.ignore import read_ignore

pytestmark = pytest.mark.unit


@pytest.fixture
def ignored(tmp_path: Path) -> Callable[[str, str], bool]:
    def ask(lines: str, name: str) -> bool:
        (tmp_path / "ignore").write_text(lines)
        return read_ignore(tmp_path / "ignore")(PurePosixPath(name))

    return ask


@pytest.mark.parametrize(
    ("lines", "name", "expected"),
    [
        ("docs", "docs", True),
        ("docs", "functions/docs", False),
        ("docs/", "docs", True),
        ("/docs", "docs", True),
        ("**/docs", "docs", True),
        ("**/docs", "functions/a/docs", True),
        ("**/docs", "functions/mydocs", False),
        ("*.md", "README.md", True),
        ("*.md", "data/notes.md", False),
        ("**/*.pyc", "a/b/c.pyc", True),
        ("**/.*", ".git", True),
        ("**/.*", "functions/.cache", True),
        ("**/.*", "functions/a.b", False),
        ("data/**", "data/a/b.csv", True),
        ("data/?.csv", "data/a.csv", True),
        ("data/?.csv", "data/ab.csv", False),
        ("data/[ab].csv", "data/b.csv", True),
        ("data/[ab].csv", "data/c.csv", False),
        ("a+b", "a+b", True),
        ("a+b", "aab", False),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("# docs\n\n  dist  ", "docs", False),
        ("# docs\n\n  dist  ", "dist", True),
        ("", "anything", False),
    ],
)
def test_a_pattern(ignored: Callable[[str, str], bool], lines: str, name: str, *, expected: bool) -> None:
    assert ignored(lines, name) is expected


def test_an_exception_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ignore").write_text("docs\n!docs/keep\n")
    with pytest.raises(ProjectError, match=r"ignore:2: is an exception \(!\)"):
        read_ignore(tmp_path / "ignore")


def test_without_the_file_nothing_is_left_out(tmp_path: Path) -> None:
    assert not read_ignore(tmp_path / "none")(PurePosixPath("docs"))
