"""Reads the requirements.txt of a function: versions that are fixed, so that every build is the same.

The format is pip's ("Requirements File Format"); taken is the part of it that says the same on every machine.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import PackagingError
from pilotlight.core.text_file import read_text_file

REQUIREMENTS: Final = "requirements.txt"

_OPTIONS: Final = (
    *("--index-url", "--extra-index-url", "--no-index", "--find-links", "--trusted-host"),
    *("--require-hashes", "--prefer-binary"),
)
"""Options of the file that say where wheels come from. Those that bring other files, or sources to build, are none."""

_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_STARTS_WITH_NAME: Final = re.compile(_NAME)
_PIN: Final = re.compile(rf"({_NAME})\s*(?:\[[^\]]*\])?\s*==\s*([A-Za-z0-9.!+_-]+)(?:\s+--hash=\w+:[0-9a-fA-F]+)*")


class Pin(NamedTuple):
    """A line of requirements.txt.

    Attributes:
        name: The package, as the file writes it.
        version: Its version.
    """

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_pins(requirements: Path) -> tuple[Pin, ...]:
    """Read what a requirements.txt pins, in its order; nothing where there is no file.

    Raises:
        PackagingError: A line leaves open which wheel is meant, or asks for more than wheels.
    """
    return tuple(pin for number, line in _lines(requirements) if (pin := _pin(requirements, number, line)))


def check_not_shared(requirements: Path, pins: tuple[Pin, ...], layer: Path) -> None:
    """Check that the layer has none of a function's packages.

    Lambda looks into the function first: its copy would be loaded instead of the layer's, and count twice.

    Args:
        requirements: The function's requirements.txt.
        pins: What it pins.
        layer: The layer's hash lock.

    Raises:
        PackagingError: The layer has one of them.
    """
    shared = read_names(layer)
    for pin in pins:
        if normalize_name(pin.name) in shared:
            hint = "Take that line out: the function has it from the layer."
            raise PackagingError(str(requirements), f"names {pin.name}, which is in the layer already", hint)


def read_names(lock: Path) -> set[str]:
    """Return the packages that a lock names, normalized; none where the file is missing."""
    starts = [_STARTS_WITH_NAME.match(line) for _, line in _lines(lock)]
    return {normalize_name(start[0]) for start in starts if start}


def normalize_name(requirement: str) -> str:
    """Return the name at the start of a requirement as registries compare it ("Names and normalization")."""
    name = _STARTS_WITH_NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""


def _pin(requirements: Path, number: int, line: str) -> Pin | None:
    if re.split(r"[\s=]", line, maxsplit=1)[0] in _OPTIONS:
        return None
    found = _PIN.fullmatch(line)
    if found:
        return Pin(found[1], found[2])
    name = _STARTS_WITH_NAME.match(line)  # no more of it is shown: an address may hold a password
    where = f"line {number} ({name[0]})" if name else f"line {number}"
    if line.startswith("-"):
        raise PackagingError(
            str(requirements),
            f"{where} is an option that is not allowed here",
            "Name the packages themselves: NAME==VERSION.",
        )
    if ";" in line:
        what = f"{where} has a condition, which pip would judge by this machine and not by Lambda's"
        raise PackagingError(str(requirements), what, "Leave out the condition, or the line.")
    hint = "Write NAME==VERSION; `python -m pip freeze` prints the versions that are installed here."
    raise PackagingError(str(requirements), f"{where} is not pinned to one version", hint)


def _lines(requirements: Path) -> Iterator[tuple[int, str]]:
    """The file's logical lines without comments, each with the number of its first line; none where it is missing."""
    text = read_text_file(requirements, error=PackagingError, encoding="utf-8-sig")
    if text is None:
        return
    began, whole = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        began = began or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            whole += line[:-1]
            continue
        logical = re.sub(r"(^|\s)#.*", "", f"{whole}{line}").strip()
        if logical:
            yield began, logical
        began, whole = 0, ""
