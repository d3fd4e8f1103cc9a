"""What a template.yaml has: its resources, and what it says of a model's function. Nothing is changed."""

import re
from typing import Final, NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.lambda_limits import ONE_VCPU_MB
from pilotlight.core.model_names import to_logical_stem
from pilotlight.scaffold.yaml_lines import Section, find_end, find_section, read_keys, split_lines

TEMPLATE_NAME: Final = "template.yaml"
IMAGES: Final = ".pilotlight/images"
"""The folder with what becomes the container images of functions, relative to the project."""
PACKAGE_TYPE: Final = "PackageType:"
"""What the block of a function that is a container image has."""

_OWN_CLIENT: Final = re.compile(r"^ +OwnRuntimeClient:", re.MULTILINE)
_IMAGE: Final = re.compile(rf"^ +{PACKAGE_TYPE} *Image *(?:#.*)?$")
_MEMORY: Final = re.compile(r"^ +MemorySize: *(\d+) *(?:#.*)?$")


class FunctionText(NamedTuple):
    """What template.yaml says of a model's function.

    Attributes:
        is_image: Whether it is a container image; otherwise it is a zip.
        memory_mb: Its MemorySize in MB; None where it is no number, such as a !Ref.
    """

    is_image: bool
    memory_mb: int | None


def read_function(template: str, name: str) -> FunctionText | None:
    """Read what a template says of the function of a model.

    Args:
        template: The text of a template.yaml.
        name: The model's name.

    Returns:
        What it says; None where it has no such function.

    Raises:
        ProjectError: `template` has no Resources that are written as a block.
    """
    lines = _function_lines(template, name)
    if not lines:
        return None
    has_size = any(line.lstrip().startswith("MemorySize:") for line in lines)
    memory = _read_memory(lines) if has_size else _read_memory(_globals(template)) or ONE_VCPU_MB
    return FunctionText(any(_IMAGE.match(line) for line in lines), memory)


def describe_image(name: str) -> str:
    """Say how the function of a model becomes a container image in template.yaml."""
    return (
        f"In {to_logical_stem(name)}Function of {TEMPLATE_NAME}, write the lines"
        f" `IgnoreGlobals: [Runtime, Handler, Layers]` and `Metadata: {{Dockerfile: Dockerfile, DockerContext:"
        f" {IMAGES}/{name}, DockerTag: {name}}}` in place of its Metadata, and `PackageType: Image` in place of its"
        " CodeUri."
    )


def describe_zip(name: str) -> str:
    """Say how the function of a model becomes a zip in template.yaml."""
    return (
        f"In {to_logical_stem(name)}Function of {TEMPLATE_NAME}, leave out IgnoreGlobals, write `Metadata:"
        ' {BuildMethod: makefile, ContextPath: !Sub "layers/${Architecture}", WorkingDirectory: .}` in place of its'
        f" Metadata, and `CodeUri: functions/{name}` in place of `PackageType: Image`."
    )


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
    folder = re.compile(rf"(?:functions|{re.escape(IMAGES)})/{re.escape(name)}(?![\w-])")
    return any(folder.search(line) for line in _function_lines(template, name) if not line.lstrip().startswith("#"))


def find_resources(lines: list[str]) -> Section:
    """Find the Resources of a template.

    Args:
        lines: The lines of the template.

    Raises:
        ProjectError: There are none that are written as a block.
    """
    resources = find_section(lines, "Resources")
    if resources is None or "\t" in resources.indent:
        raise ProjectError(
            TEMPLATE_NAME,
            "has no Resources written as a block that is indented with spaces",
            "Add the line `Resources:` to it.",
        )
    return resources


def _function_lines(template: str, name: str) -> list[str]:
    """The lines of the resource that is named as the model's function; none where there is no such resource."""
    lines = split_lines(template)
    resources = find_resources(lines)
    section = lines[resources.start : resources.end]
    for number, key in read_keys(section, resources.indent):
        if key == f"{to_logical_stem(name)}Function":
            return section[number : find_end(section, number + 1, resources.indent)]
    return []


def _globals(template: str) -> list[str]:
    lines = split_lines(template)
    section = find_section(lines, "Globals")
    return lines[section.start : section.end] if section else []


def _read_memory(lines: list[str]) -> int | None:
    return next((int(match[1]) for line in lines if (match := _MEMORY.match(line))), None)
