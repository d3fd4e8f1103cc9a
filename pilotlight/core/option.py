"""How an option of training is declared: as a field of a dataclass, with its help text and its limits."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any, Final, NamedTuple, get_type_hints

from pilotlight.core.errors import ProjectError

_OPTION: Final = "option"


@dataclass(frozen=True)
class Option:
    """The properties of an option, apart from its name, type and default.

    Attributes:
        help: One or two sentences for `--help` and the documentation.
        metavar: The placeholder of the value in `--help`.
        least: The smallest allowed value; None where there is no minimum.
        choices: The allowed values; empty where every value is allowed.
        override: Whether the command line and the container may set it.
        identity: Whether another value makes another run on this machine.
        renamed_from: An older key in model.toml, which is still accepted.
    """

    help: str
    metavar: str = ""
    least: float | None = None
    choices: tuple[str, ...] = ()
    override: bool = False
    identity: bool = False
    renamed_from: str = ""


def declare_option(default: Any, help_text: str, **facts: Any) -> Any:
    """Declare an option as a field of a dataclass.

    Args:
        default: The default value.
        help_text: One or two sentences for `--help`.
        **facts: The other attributes of Option.
    """
    return field(default=default, metadata={_OPTION: Option(help_text, **facts)})


class DeclaredOption(NamedTuple):
    """One option as it was declared.

    Attributes:
        name: The name, which is that of the field.
        type: int, float, str or bool; None is left out.
        default: The default value.
        option: Its other properties.
    """

    name: str
    type: type
    default: Any
    option: Option

    @property
    def flag(self) -> str:
        """The option on the command line, such as --batch-size."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def negative_flag(self) -> str:
        """The option that sets a boolean to false, such as --no-shuffle."""
        return f"--no-{self.name.replace('_', '-')}"


def list_options(*classes: type) -> tuple[DeclaredOption, ...]:
    """Return every option that some dataclasses declare, in the order of declaration.

    Args:
        *classes: TrainingSettings, RunOptions, or both.
    """
    return tuple(
        DeclaredOption(each.name, _strip_none(get_type_hints(kind)[each.name]), each.default, each.metadata[_OPTION])
        for kind in classes
        for each in fields(kind)
        if _OPTION in each.metadata
    )


def _strip_none(hint: Any) -> type:
    kinds = [kind for kind in getattr(hint, "__args__", (hint,)) if kind is not type(None)]
    return kinds[0]  # type: ignore[no-any-return]  # the hint of a field


def check_value(each: DeclaredOption, value: Any) -> Any:
    """Return the value of an option in the option's own type.

    Args:
        each: The option.
        value: A number of any numeric type, text, a path or a boolean.

    Raises:
        ProjectError: The value has the wrong type, is too small or not finite, or is not one of the choices.
    """
    found = _convert(each.type, value)
    option = each.option
    allowed = found is not None and (not option.choices or found in option.choices)
    if allowed and option.least is not None:
        allowed = found >= option.least
    if not allowed:
        raise ProjectError(f"option {each.name}", f"is {value!r}, expected {_describe(each)}", "Correct that value.")
    return found


def parse_value(each: DeclaredOption, text: str) -> Any:
    """Return the value of an option that is no boolean, from text.

    Raises:
        ProjectError: As check_value raises it.
    """
    try:
        value: Any = each.type(text)
    except ValueError:
        value = text
    return check_value(each, value)


def _convert(kind: type, value: Any) -> Any:
    """Return `value` as `kind`; None where it is of another type or not finite."""
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else None
    if kind is str:
        return os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if kind is int:
        return int(value) if isinstance(value, Integral) else None
    return float(value) if isinstance(value, Real) and math.isfinite(value) else None


def _describe(each: DeclaredOption) -> str:
    if each.option.choices:
        return f"one of {', '.join(each.option.choices)}"
    article = {int: "a whole number", float: "a finite number", str: "text", bool: "true or false"}[each.type]
    return article if each.option.least is None else f"{article} of at least {each.option.least:g}"
