"""A YAML file as lines, so that whatever a person wrote in it stays as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

_TOP_LEVEL: Final = re.compile(r"[^\s#]")
_KEY: Final = re.compile(r"( *)([\"']?)([^\s\"'#&*!|>{}\[\]-][^\"']*?)\2\s*:(?:\s|$)")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")


class Section(NamedTuple):
    """The lines of one mapping.

    Attributes:
        start: The line after its name.
        end: The line after its last entry.
        indent: The spaces before its entries.
    """

    start: int
    end: int
    indent: str


def split_lines(text: str) -> list[str]:
    """Return the lines of a text without their ends, which are those of Unix or of Windows."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def insert_lines(text: str, insertions: Mapping[int, Sequence[str]]) -> str:
    """Insert lines into a text. Every other line keeps its end.

    Args:
        text: The text.
        insertions: New lines by the number of the line that they go before, from 0. They get the end that most lines
            have.
    """
    end = "\r" if text.count("\r\n") * 2 > text.count("\n") else ""
    lines = text.split("\n")
    if lines[-1] and len(lines) in insertions:  # the last line has no end
        lines[-1] += end
        lines.append("")
    for at in sorted(insertions, reverse=True):
        lines[at:at] = [line + end for line in insertions[at]]
    return "\n".join(lines)


def find_section(lines: Sequence[str], title: str) -> Section | None:
    """Find a mapping at the top level that is written as a block.

    Args:
        lines: The lines of the file.
        title: The name of the mapping.

    Returns:
        The section; None where there is none.
    """
    head = re.compile(rf"\ufeff?([\"']?){title}\1\s*:\s*(?:&\S+\s*)?(?:#.*)?$")
    start = next((index + 1 for index, line in enumerate(lines) if head.match(line)), None)
    if start is None:
        return None
    end = next((index for index in range(start, len(lines)) if _TOP_LEVEL.match(lines[index])), len(lines))
    return Section(start, trim_end(lines, start, end, ""), find_indent(lines[start:end]))


def find_end(lines: Sequence[str], start: int, outer: str) -> int:
    """Return the line after a mapping, whose name has the indentation `outer`.

    A comment behind the mapping belongs to what follows, unless it is indented as the entries are.
    """
    deeper = re.compile(rf"{outer}[ \t]+\S")
    last = len(lines)
    end = next((at for at in range(start, last) if _bare(lines[at]).strip() and not deeper.match(lines[at])), last)
    return trim_end(lines, start, end, outer)


def trim_end(lines: Sequence[str], start: int, end: int, outer: str) -> int:
    """Leave out blank lines at the end, and comments that are indented no deeper than `outer`."""
    while end > start and (not lines[end - 1].strip() or re.match(rf" {{0,{len(outer)}}}#", lines[end - 1])):
        end -= 1
    return end


def find_indent(lines: Sequence[str]) -> str:
    """Return the spaces before the first entry; two where there is none."""
    first = next((line for line in lines if _bare(line).strip()), "  ")
    return first[: len(first) - len(first.lstrip())] or "  "


def read_keys(lines: Sequence[str], indent: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the name of each entry with exactly this indentation."""
    for number, line in enumerate(lines):
        match = _KEY.match(line)
        if match and match[1] == indent:
            yield number, match[3]


def read_words(lines: Sequence[str]) -> set[str]:
    """Return all words outside of comments."""
    return {word for line in lines for word in _bare(line).split()}


def _bare(line: str) -> str:
    """Return a line without its comment."""
    return _COMMENT.sub("", line)
