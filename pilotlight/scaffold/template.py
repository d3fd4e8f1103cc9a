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
from pilotlight.scaffold.function_needs import GENERATE, NO_NEEDS, PLAIN_PATHS, FunctionNeeds
from pilotlight.scaffold.template_parts import TEMPLATE_NAME, find_resources, has_own_client, serves
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

ANCHORS: Final = ("&ApiMayCall", "&AnyFailure", "&Route")
"""The YAML anchors that a short block refers to. &Route is in the API's paths."""
SHARED: Final = (*ANCHORS, "ModelsRole:", "ModelsLogGroup:", "ModelsFailures:")
"""All that a short block refers to: the anchors and the resources."""

_BLOCKS: Final = Path(__file__).parent / "blocks"
_PATHS: Final = re.compile(r"^( +)([\"']?)paths\2\s*:\s*(?:&\S+\s*)?(#.*)?$")
_FUNCTION: Final = "function"
_CONTEXT: Final = '!Sub "layers/${Architecture}"'
"""The folder of the Makefile, which is another one for each architecture."""
_CATALOG_ROUTE: Final = "&CatalogRoute"
_TIMEOUT: Final = "    Timeout: !If [OwnRuntimeClient, 900, 29] # the routes of a stream wait as long\n"
_VERSION_ANCHOR: Final = "&VersionDescription"
_ROLE: Final = "    Role: !GetAtt ModelsRole.Arn\n"
_SHARED: Final = "    <<: {Role: !GetAtt ModelsRole.Arn, VersionDescription: *VersionDescription}\n"
_MEMORY: Final = "    MemorySize: {} # the model needs {} MB: see `pilotlight check`\n"
_EVENT: Final = '      {}:\n        Type: Api\n        Properties: {{RestApiId: !Ref Api, Method: {}, Path: "{}"}}\n'


def add_function(template: str, name: str, *, stream: bool = False, needs: FunctionNeeds = NO_NEEDS) -> str:
    """Adds the resources and the routes of the model `name` to `template`, behind those that are there.

    Args:
        template: The text of a template.yaml.
        name: The model's name.
        stream: Whether its answers are streamed; those of a model that generates text always are. They are not in a
            template without RuntimeClient: there AWS's client answers, which cannot stream.
        needs: What its version needs: the paths of a language model, a container image, more memory.

    Returns:
        The changed text; `template` itself where it has the model's function and routes already. A person may have
        changed them.

    Raises:
        ProjectError: `template` has no Resources to add to, lacks a part of SHARED, or has another resource of a name
            that the block needs.
    """
    check_model_name(name)
    lines = split_lines(template)
    resources = find_resources(lines)
    short = _is_short(lines[resources.start : resources.end])
    streams = (stream or needs.task == GENERATE) and has_own_client(template)
    insertions: dict[int, list[str]] = {}
    if short:
        at, routes = _missing_routes(lines, name, needs.task, streams=streams)
        insertions[at] = routes
    if not serves(template, name):
        block = _build_block(template, name, needs, resources.indent, short=short, streams=streams)
        _refuse_taken(lines, resources, block, name)
        if not short and (outputs := find_section(lines, "Outputs")):
            insertions[outputs.end] = _missing_outputs(lines, outputs, name)
        insertions[resources.end] = [*insertions.get(resources.end, ()), "", *block]
    return insert_lines(template, {at: new for at, new in insertions.items() if new})


def _build_block(
    template: str, name: str, needs: FunctionNeeds, indent: str, *, short: bool, streams: bool
) -> list[str]:
    package = "image.yaml" if needs.is_image else "zip.yaml" if short else "complete_zip.yaml"
    words = {
        "@PACKAGE@": (_BLOCKS / package).read_text(encoding="utf-8"),
        "@CONTEXT@": _CONTEXT if _CONTEXT in template else ".",  # before the parameter there was one Makefile
        # Without it, a version is published only where the code changes.
        "@SHARED@": _SHARED if _VERSION_ANCHOR in read_words(split_lines(template)) else _ROLE,
        "@TIMEOUT@": _TIMEOUT if streams else "",
        "@MEMORY@": _MEMORY.format(needs.memory_size, needs.memory_mb) if needs.memory_size else "",
        "@EVENTS@": "" if short else _build_events(template, name, needs.task),
    }
    return _block("resources.yaml" if short else "complete.yaml", name, indent, words)


def _build_events(template: str, name: str, task: str) -> str:
    """The routes of a language model in a template whose routes are events of the functions."""
    if not task:
        return ""
    plain = [path for path in PLAIN_PATHS.get(task, ()) if f'"{path}"' not in template]
    titles = ["".join(part.capitalize() for part in path.split("/")[2:]) for path in plain]
    posts = [_EVENT.format(title, "POST", path) for title, path in zip(titles, plain, strict=True)]
    return "".join([_EVENT.format("Language", "ANY", f"/{name}/v1/{{proxy+}}"), *posts])


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


def _missing_routes(lines: list[str], name: str, task: str, *, streams: bool) -> tuple[int, list[str]]:
    """The end of the API's paths, and the model's routes; no routes where one of them is there already."""
    start, outer = _find_paths(lines)
    end = find_end(lines, start, outer)
    inner = find_indent(lines[start:end])
    catalog = bool(task) and _CATALOG_ROUTE in read_words(lines[start:end])
    # A language model's status is OpenAI's description of a model too, and the catalog has both at hand.
    status = {"@STATUS@": "Catalog" if catalog else "@STEM@"}
    routes = _block("stream_paths.yaml" if streams else "paths.yaml", name, inner, status)
    there = {key for _, key in read_keys(lines[start:end], inner)}
    if there & {key for _, key in read_keys(routes, inner)}:
        return end, []
    if task:
        routes += [line for line in _language_routes(name, task, inner, catalog=catalog) if not _is_key(line, there)]
    return end, routes


def _language_routes(name: str, task: str, indent: str, *, catalog: bool) -> list[str]:
    """A line for each route of OpenAI's API: the model's own, those without a name, and those of the list of models."""
    route = f"*{to_logical_stem(name)}Route"
    plain = [f'{indent}"{path}": {{post: {route}}}' for path in PLAIN_PATHS.get(task, ())]
    models = _block("models_paths.yaml", name, indent) if catalog else []
    return [*_block("language_paths.yaml", name, indent), *plain, *models]


def _is_key(line: str, keys: set[str]) -> bool:
    return any(key in keys for _, key in read_keys([line], find_indent([line])))


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
