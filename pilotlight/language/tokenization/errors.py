"""What is wrong with a tokenizer, as an error that a person can act on."""

from collections.abc import Mapping
from typing import Any

from pilotlight.core.errors import ConversionError


def refusal(where: str, what: str) -> ConversionError:
    """Says that a tokenizer is damaged, or not the one of its model.

    Args:
        where: The section of tokenizer.json.
        what: What is wrong there.

    Returns:
        The error.
    """
    return ConversionError(f"tokenizer.json, {where}", what, "Use the tokenizer that belongs to the model")


def unsupported(where: str, what: object) -> ConversionError:
    """Says that the runtime does not have a component.

    Args:
        where: The section of tokenizer.json.
        what: The name of the component.

    Returns:
        The error.
    """
    hint = "docs/language-models.md lists the components that are"
    return ConversionError(f"tokenizer.json, {where}", f"{what} is not supported", hint)


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
        raise unsupported(where, f"the setting {others[0]!r} of {section.get('type', 'this section')}")
