"""Adds a model's block to template.yaml as text, so that its comments and its order stay as they are.

In a template of today, the models share a role, a log group and the API's paths. It gets a short block, and the model's
routes at the end of the paths. A template of an earlier `init` shares nothing. It gets a complete block.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_names import check_model_name, to_logical_stem
from pilotlight.scaffold.yaml_lines import (
    Section,
    find_end,
    find_indent,
    find_section,
    insert_lines,
    read_keys,
    read_words,
    split_lines,
)

TEMPLATE_NAME: Final = "template.yaml"
ANCHORS: Final = ("&ApiMayCall", "&AnyFailure", "&Route")
"""The YAML anchors that a short block refers to. &Route is in the API's paths."""
SHARED: Final = (*ANCHORS, "ModelsRole:", "ModelsLogGroup:", "ModelsFailures:")
"""All that a short block refers to: the anchors and the resources."""

_BLOCKS: Final = Path(__file__).parent / "blocks"
_PATHS: Final = re.compile(r"^( +)([\"']?)paths\2\s*:\s*(?:&\S+\s*)?(#.*)?$")
_FUNCTION: Final = "function"
_CONTEXT: Final = '!Sub "layers/${Architecture}"'
"""The folder of the Makefile, which is another one for each architecture."""
_OWN_CLIENT: Final = re.compile(r"^ +OwnRuntimeClient:", re.MULTILINE)
_TIMEOUT: Final = "    Timeout: !If [OwnRuntimeClient, 900, 29] # the routes of a stream wait as long\n"
_PATHS_BLOCKS: Final = {False: "paths.yaml", True: "stream_paths.yaml"}
"""The routes of a model, by whether they stream."""


def add_function(template: str, name: str, *, stream: bool = False) -> str:
    """Adds the resources and the routes of the model `name` to `template`, behind those that are there.

    Args:
        template: The text of a template.yaml.
        name: The model's name.
        stream: Whether its answers are streamed. They are not in a template without RuntimeClient: there AWS's client
            answers, which cannot stream.

    Returns:
        The changed text; `template` itself where it has the model's function and routes already. A person may have
        changed them.

    Raises:
        ProjectError: `template` has no Resources to add to, lacks a part of SHARED, or has another resource of a name
            that the block needs.
    """
    check_model_name(name)
    lines = split_lines(template)
    resources = _find_resources(lines)
    short = _is_short(lines[resources.start : resources.end])
    streams = stream and has_own_client(template)
    insertions: dict[int, list[str]] = {}
    if short:
        at, routes = _missing_routes(lines, name, _PATHS_BLOCKS[streams])
        insertions[at] = routes
    if not serves(template, name):
        context = _CONTEXT if _CONTEXT in template else "."  # a template from before the parameter has one Makefile
        words = {"@CONTEXT@": context, "@TIMEOUT@": _TIMEOUT if streams else ""}
        block = _block("resources.yaml" if short else "complete.yaml", name, resources.indent, words)
        _refuse_taken(lines, resources, block, name)
        if not short and (outputs := find_section(lines, "Outputs")):
            insertions[outputs.end] = _missing_outputs(lines, outputs, name)
        insertions[resources.end] = [*insertions.get(resources.end, ()), "", *block]
    return insert_lines(template, {at: new for at, new in insertions.items() if new})


def has_function(template: str, name: str) -> bool:
    """Return whether a template has a resource of the name that the function of a model has.

    Args:
        template: The text of a template.yaml.
        name: The model's name.

    Raises:
        ProjectError: `template` has no Resources that are written as a block.
    """
    return bool(_function_lines(template, name))


def has_own_client(template: str) -> bool:
    """Return whether a template has the condition that tells whether Pilotlight's runtime client answers.

    Args:
        template: The text of a template.yaml.
    """
    return bool(_OWN_CLIENT.search(template))


def serves(template: str, name: str) -> bool:
    """Return whether a template has the function of a model, and the function's code is the model's folder.

    Args:
        template: The text of a template.yaml.
        name: The model's name.

    Raises:
        ProjectError: `template` has no Resources that are written as a block.
    """
    folder = re.compile(rf"functions/{re.escape(name)}(?![\w-])")
    return any(folder.search(line) for line in _function_lines(template, name) if not line.lstrip().startswith("#"))


def _function_lines(template: str, name: str) -> list[str]:
    """The lines of the resource that is named as the model's function; none where there is no such resource."""
    lines = split_lines(template)
    resources = _find_resources(lines)
    section = lines[resources.start : resources.end]
    for number, key in read_keys(section, resources.indent):
        if key == f"{to_logical_stem(name)}Function":
            return section[number : find_end(section, number + 1, resources.indent)]
    return []


def _find_resources(lines: list[str]) -> Section:
    resources = find_section(lines, "Resources")
    if resources is None or "\t" in resources.indent:
        raise ProjectError(
            TEMPLATE_NAME,
            "has no Resources written as a block that is indented with spaces",
            "Add the line `Resources:` to it.",
        )
    return resources


def _is_short(resources: list[str]) -> bool:
    """Whether the template has what short blocks refer to; ProjectError where it has only a part of it."""
    words = read_words(resources)
    anchor = next((each for each in ANCHORS if each in words), None)
    missing = [each for each in SHARED if each not in words]
    if anchor and missing:
        raise ProjectError(
            TEMPLATE_NAME,
            f"has {anchor} but lacks {', '.join(missing)}, which a model's block refers to",
            f"Copy what is missing from the {TEMPLATE_NAME} that `pilotlight init` writes into an empty folder.",
        )
    return anchor is not None


def _missing_routes(lines: list[str], name: str, file: str) -> tuple[int, list[str]]:
    """The end of the API's paths, and the model's routes; no routes where one of them is there already."""
    start, outer = _find_paths(lines)
    end = find_end(lines, start, outer)
    inner = find_indent(lines[start:end])
    routes = _block(file, name, inner)
    there = {key for _, key in read_keys(lines[start:end], inner)}
    return end, [] if there & {key for _, key in read_keys(routes, inner)} else routes


def _find_paths(lines: list[str]) -> tuple[int, str]:
    """The line after the `paths:` that &Route stands in, and that line's indentation."""
    route = next(index for index, line in enumerate(lines) if "&Route" in read_words([line]))
    for index in range(route, -1, -1):
        if match := _PATHS.match(lines[index]):
            return index + 1, match[1]
    raise ProjectError(TEMPLATE_NAME, "has &Route outside of the API's paths", "Put it back below the line `paths:`.")


def _missing_outputs(lines: list[str], outputs: Section, name: str) -> list[str]:
    """The output with the function's name; nothing where there is one of that name."""
    block = _block("complete_outputs.yaml", name, outputs.indent)
    there = {key for _, key in read_keys(lines[outputs.start : outputs.end], outputs.indent)}
    return [] if there & {key for _, key in read_keys(block, outputs.indent)} else block


def _block(file: str, name: str, indent: str, words: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    text = (_BLOCKS / file).read_text(encoding="utf-8")
    for word, replacement in {**words, "@STEM@": to_logical_stem(name), "@NAME@": name}.items():
        text = text.replace(word, replacement)
    return [indent + line if line else "" for line in text.splitlines()]


def _refuse_taken(lines: list[str], resources: Section, block: list[str], name: str) -> None:
    """Raise ProjectError where an id of the block is taken. A resource and a parameter cannot share one either.

    The SAM CLI builds each function in a folder of its id, so on many machines two such ids must differ in more than
    upper and lower case.
    """
    wanted = {key for _, key in read_keys(block, resources.indent)}
    folders = {key.casefold() for key in wanted if key.casefold().endswith(_FUNCTION)}
    for kind, section in (("resource", resources), ("parameter", find_section(lines, "Parameters"))):
        if section is None:
            continue
        there = {key for _, key in read_keys(lines[section.start : section.end], section.indent)}
        taken = sorted(key for key in there if key in wanted or key.casefold() in folders)
        if taken:
            raise ProjectError(
                TEMPLATE_NAME,
                f"has a {kind} {taken[0]} already, so it cannot take the model {name!r}",
                f"Choose another name, or remove that {kind}.",
            )
