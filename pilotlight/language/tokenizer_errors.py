"""What is wrong with a tokenizer, as an error that a person can act on."""

from collections.abc import Mapping
from typing import Any, NoReturn

from pilotlight.core.errors import ConversionError


def refuse(where: str, what: str) -> NoReturn:
    """Refuses a tokenizer.

    Args:
        where: The section of tokenizer.json.
        what: What is wrong there.

    Raises:
        ConversionError: Always.
    """
    raise ConversionError("the tokenizer", f"{where}: {what}", "Use the tokenizer.json that belongs to the model")


def refuse_kind(where: str, kind: object) -> NoReturn:
    """Refuses a component that the runtime does not have.

    Args:
        where: The section of tokenizer.json.
        kind: The name of the component.

    Raises:
        ConversionError: Always.
    """
    raise ConversionError(
        "the tokenizer", f"{where}: {kind} is not supported", "docs/language-models.md lists what is supported"
    )


def check_keys(where: str, section: Mapping[str, Any], known: str) -> None:
    """Refuses a setting that nobody would read.

    Args:
        where: The section of tokenizer.json.
        section: Its settings.
        known: The names of those that are read, with spaces between them.

    Raises:
        ConversionError: There is another one.
    """
    others = sorted(set(section) - {"type", *known.split()})
    if others:
        refuse_kind(where, f"the setting {others[0]!r} of {section.get('type', 'this section')}")
