"""Prose in Markdown ends near 100 characters, so that a diff shows which words changed."""

import re
from pathlib import Path

import pytest

LONGEST = 104
FENCED = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
UNBREAKABLE = re.compile(r"^\s*(- )?\S*(https?://\S+|`[^`]+`|\[\S+\]\(\S+\))\S*\s*$")


def too_long(text: str) -> list[str]:
    """The lines of prose over LONGEST: not those of code and tables, or with a single word or link."""
    prose = FENCED.sub("", text).splitlines()
    lines = [line for line in prose if not line.startswith("|") and not UNBREAKABLE.match(line)]
    return [line for line in lines if len(re.sub(r"\(https?://\S+\)", "", line)) > LONGEST]


@pytest.fixture
def pages(request: pytest.FixtureRequest) -> list[Path]:
    root = request.config.rootpath
    top = [root / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    return [*top, root / "pilotlight/scaffold/files/README.md", *(root / "docs").rglob("*.md")]


def test_prose_is_wrapped(pages: list[Path]) -> None:
    found = {str(page): too_long(page.read_text(encoding="utf-8")) for page in pages}
    assert not {name: lines for name, lines in found.items() if lines}


def test_code_tables_and_addresses_may_be_long() -> None:
    word = "x" * 60
    assert too_long(f"{word} {word}\n") == [f"{word} {word}"]
    assert not too_long(f"```\n{word} {word}\n```\n| {word} | {word} |\n[a](https://{word}{word})\n")
    assert not too_long(f"- [{word}]({word}):\n")
    assert too_long(f"- [{word}]({word}) more\n")
