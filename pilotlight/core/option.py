"""How an option of training is declared: as a field of a dataclass, with its help text and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, get_type_hints

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
