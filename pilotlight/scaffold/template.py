"""Adds a model's block to template.yaml as text, so that its comments and its order stay as they are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.names import check_model_name, logical_stem

TEMPLATE_NAME: Final = "template.yaml"
_BLOCKS: Final = Path(__file__).parent / "blocks"
_SECTION: Final = re.compile(r"^[A-Za-z\"']")
_ENTRY: Final = re.compile(r"^( +)([A-Za-z0-9]+):")


class _Section(NamedTuple):
    """The lines of one top-level section. start: the line after its name. end: the line after its last entry."""

    start: int
    end: int
    indent: str


def add_function(template: str, name: str) -> str:
    """`template` with the resources and outputs of the model `name` behind those that are there.

    A template that has exactly this block already comes back as it is. ProjectError where the template has no
    Resources to add to, or where another resource has one of the block's names.
    """
    check_model_name(name)
    newline = "\r\n" if "\r\n" in template else "\n"
    lines = template.replace("\r\n", "\n").rstrip("\n").split("\n")
    resources = _section(lines, "Resources")
    if resources is None:
        raise ProjectError(TEMPLATE_NAME, "has no Resources written as a block", "Add the line `Resources:` to it.")
    block = _block("resources.yaml", name, resources.indent)
    if _contains(lines, block):
        return template
    _refuse_taken(lines[resources.start : resources.end], block, name)
    lines[resources.end : resources.end] = ["", *block]
    outputs = _section(lines, "Outputs")
    if outputs is not None:
        lines[outputs.end : outputs.end] = _block("outputs.yaml", name, outputs.indent)
    return newline.join(lines) + newline


def _section(lines: list[str], title: str) -> _Section | None:
    head = re.compile(rf"{title}:\s*(#.*)?$")
    start = next((index + 1 for index, line in enumerate(lines) if head.match(line)), None)
    if start is None:
        return None
    end = next((index for index in range(start, len(lines)) if _SECTION.match(lines[index])), len(lines))
    while end > start and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    entries = (match for match in map(_ENTRY.match, lines[start:end]) if match)
    first = next(entries, None)
    return _Section(start, end, first[1] if first else "  ")


def _block(file: str, name: str, indent: str) -> list[str]:
    text = (_BLOCKS / file).read_text(encoding="utf-8")
    text = text.replace("@STEM@", logical_stem(name)).replace("@NAME@", name)
    return [indent + line if line else "" for line in text.splitlines()]


def _contains(lines: list[str], block: list[str]) -> bool:
    return any(lines[start : start + len(block)] == block for start in range(len(lines) - len(block) + 1))


def _refuse_taken(section: list[str], block: list[str], name: str) -> None:
    taken = sorted(set(_ids(section)) & set(_ids(block)))
    if taken:
        raise ProjectError(
            TEMPLATE_NAME,
            f"has a resource {taken[0]} already, so it cannot take the model {name!r}",
            "Choose another name, or remove that resource.",
        )


def _ids(lines: list[str]) -> Iterator[str]:
    entries = [match for match in map(_ENTRY.match, lines) if match]
    for entry in entries:
        if entry[1] == entries[0][1]:
            yield entry[2]
