"""Adds a model's block to template.yaml as text, so that its comments and its order stay as they are.

In a template of today, the models share a role, a log group and the API's paths. It gets a short block, and the model's
routes at the end of the paths. A template of an earlier `init` shares nothing. It gets a complete block.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_names import check_model_name, to_logical_stem

TEMPLATE_NAME: Final = "template.yaml"
ANCHORS: Final = ("&ApiMayCall", "&AnyFailure", "&Route")
"""The YAML anchors that a short block refers to. &Route is in the API's paths."""
SHARED: Final = (*ANCHORS, "ModelsRole:", "ModelsLogGroup:", "ModelsFailures:")
"""All that a short block refers to: the anchors and the resources."""

_BLOCKS: Final = Path(__file__).parent / "blocks"
_SECTION: Final = re.compile(r"^[A-Za-z\"']")
_ENTRY: Final = re.compile(r"^( +)([A-Za-z0-9]+):")
_PATHS: Final = re.compile(r"^( +)paths:\s*(#.*)?$")


class _Section(NamedTuple):
    """The lines of one mapping. start: the line after its name. end: the line after its last entry."""

    start: int
    end: int
    indent: str


def add_function(template: str, name: str) -> str:
    """Adds the resources and the routes of the model `name` to `template`, behind those that are there.

    Args:
        template: The text of a template.yaml.
        name: The model's name.

    Returns:
        The changed text; `template` itself where it has exactly this block and these routes already.

    Raises:
        ProjectError: `template` has no Resources to add to, lacks a part of SHARED, or has another resource of a name
            that the block needs.
    """
    check_model_name(name)
    newline = "\r\n" if "\r\n" in template else "\n"
    lines = template.replace("\r\n", "\n").rstrip("\n").split("\n")
    resources = _section(lines, "Resources")
    if resources is None:
        raise ProjectError(TEMPLATE_NAME, "has no Resources written as a block", "Add the line `Resources:` to it.")
    short = _is_short(lines[resources.start : resources.end])
    block = _block("resources.yaml" if short else "complete.yaml", name, resources.indent)
    present = _contains(lines, block)
    if not present:
        _refuse_taken(lines[resources.start : resources.end], block, name)
        lines[resources.end : resources.end] = ["", *block]
    routed = _add_routes(lines, name) if short else not present and _add_outputs(lines, name)
    return template if present and not routed else newline.join(lines) + newline


def _is_short(resources: list[str]) -> bool:
    """Whether the template has what short blocks refer to; ProjectError where it has only a part of it."""
    words = {word for line in resources for word in line.partition(" #")[0].split()}
    anchor = next((each for each in ANCHORS if each in words), None)
    missing = [each for each in SHARED if each not in words]
    if anchor and missing:
        raise ProjectError(
            TEMPLATE_NAME,
            f"has {anchor} but lacks {', '.join(missing)}, which a model's block refers to",
            f"Copy what is missing from the {TEMPLATE_NAME} that `pilotlight init` writes into an empty folder.",
        )
    return anchor is not None


def _add_routes(lines: list[str], name: str) -> bool:
    """Adds the model's routes at the end of the API's paths; False where they are there already."""
    start, outer = _paths(lines)
    deeper = re.compile(rf"{outer} +\S")
    end = next(
        (index for index in range(start, len(lines)) if lines[index].strip() and not deeper.match(lines[index])),
        len(lines),
    )
    while not lines[end - 1].strip():
        end -= 1
    inner = next(line for line in lines[start:end] if line.strip() and not line.lstrip().startswith("#"))
    routes = _block("paths.yaml", name, inner[: len(inner) - len(inner.lstrip())])
    if _contains(lines, routes):
        return False
    lines[end:end] = routes
    return True


def _paths(lines: list[str]) -> tuple[int, str]:
    """The line after the `paths:` that &Route stands in, and that line's indentation."""
    route = next(index for index, line in enumerate(lines) if "&Route" in line.partition(" #")[0].split())
    for index in range(route, -1, -1):
        if match := _PATHS.match(lines[index]):
            return index + 1, match[1]
    raise ProjectError(TEMPLATE_NAME, "has &Route outside of the API's paths", "Put it back below the line `paths:`.")


def _add_outputs(lines: list[str], name: str) -> bool:
    """Adds the function's name at the end of the outputs; False where the template has no outputs."""
    outputs = _section(lines, "Outputs")
    if outputs is None:
        return False
    lines[outputs.end : outputs.end] = _block("complete_outputs.yaml", name, outputs.indent)
    return True


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
    text = text.replace("@STEM@", to_logical_stem(name)).replace("@NAME@", name)
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
