"""Options of training, each declared once: its name, type, default, help text and where it may be given.

A field of TrainingSettings or RunOptions is the declaration. From it follow the key in model.toml, the option of
`pilotlight train`, the argument of the container and of the AWS Batch job, the attribute of `Run` that train.py reads,
and the part of the run's identity. A new option is one new field here, and its docs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple, get_type_hints

from pilotlight.core.errors import ProjectError
from pilotlight.core.tomltable import TomlTable

PRECISIONS: Final = ("float32", "mixed_float16", "mixed_bfloat16")
DEVICES: Final = ("all", "one")

_OPTION: Final = "option"


@dataclass(frozen=True)
class Option:
    """What an option is, apart from its name, type and default.

    Attributes:
        help: One or two sentences for `--help` and the docs.
        metavar: What stands for the value in `--help`.
        least: The smallest value, None where any number is right.
        choices: The allowed values; empty where every value is allowed.
        override: Whether the command line and the container may set it.
        identity: Whether runs with another value are other runs on this machine.
        renamed_from: An older key in model.toml, which is still accepted.
    """

    help: str
    metavar: str = ""
    least: float | None = None
    choices: tuple[str, ...] = ()
    override: bool = False
    identity: bool = False
    renamed_from: str = ""


def option(default: Any, help_text: str, **facts: Any) -> Any:
    """Declare an option as a dataclass field with this default; `facts` are the fields of Option."""
    return field(default=default, metadata={_OPTION: Option(help_text, **facts)})


@dataclass(frozen=True)
class TrainingSettings:
    """[training] of model.toml, which the command line overrides in part."""

    data: str = option(
        "",
        "A built-in set such as digits or iris, a file PATH.npz or (for tables) PATH.csv, one of these at "
        "s3://bucket/key, or (for texts) a folder. Default: as in model.toml.",
        metavar="SRC",
        override=True,
        identity=True,
    )
    epochs: int = option(
        5, "Passes over the data. Default: as in model.toml.", metavar="N", least=1, override=True, identity=True
    )
    batch_size: int = option(
        64, "Samples a step, at most. Default: as in model.toml.", metavar="N", least=1, override=True, identity=True
    )
    learning_rate: float = option(
        0.001,
        "The learning rate at the start of the schedule. Default: as in model.toml.",
        metavar="X",
        least=0.0,
        override=True,
        identity=True,
    )
    seed: int = option(
        20,
        "The seed of every random generator. Default: as in model.toml.",
        metavar="N",
        least=0,
        override=True,
        identity=True,
    )
    metric: str = option("accuracy", "The metric that the gate compares.")
    max_metric_drop: float = option(
        0.01,
        "How much lower the next version's metric may be before a pipeline refuses it.",
        least=0.0,
        renamed_from="regress",
    )
    checkpoint_minutes: float = option(10.0, "The longest time between two checkpoints, in minutes.", least=0.0)
    precision: str = option(
        "float32", "The numbers that a Keras model is fitted in.", choices=PRECISIONS, identity=True
    )
    devices: str = option("all", "Whether all GPUs of the machine are used, or one.", choices=DEVICES)
    deterministic: bool = option(False, "Whether GPUs compute the same bits each time.")  # noqa: FBT003  (a default)


@dataclass(frozen=True)
class RunOptions:
    """Options of one training that model.toml has no key for."""

    seeds: int = option(
        1, "Train with N seeds, model.toml's first; keep the model in the middle.", metavar="N", least=1, override=True
    )
    at_least: float | None = option(
        None, "Publish nothing whose metric, as model.toml names it, is lower.", metavar="X", override=True
    )


class Declared(NamedTuple):
    """One option as it was declared. type: int, float, str or bool, without None."""

    name: str
    type: type
    default: Any
    option: Option

    @property
    def flag(self) -> str:
        """The option as it is typed, such as --batch-size."""
        return f"--{self.name.replace('_', '-')}"


def declared(*classes: type) -> tuple[Declared, ...]:
    """Return every option that the classes declare, in their order."""
    return tuple(
        Declared(each.name, _plain_type(get_type_hints(kind)[each.name]), each.default, each.metadata[_OPTION])
        for kind in classes
        for each in fields(kind)
        if _OPTION in each.metadata
    )


def overrides() -> tuple[Declared, ...]:
    """Return the options that a person may give to one training."""
    return tuple(each for each in declared(TrainingSettings, RunOptions) if each.option.override)


def check_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, each checked.

    Args:
        given: Values by option name; None means not given.

    Raises:
        ProjectError: An option does not exist, or its value has the wrong type or is too small.
    """
    known = {each.name: each for each in overrides()}
    for name, value in given.items():
        if name not in known:
            raise ProjectError(f"option {name!r}", "does not exist", f"Known are {', '.join(known)}.")
        if value is not None:
            _check(known[name], value)
    return {name: value for name, value in given.items() if value is not None}


def words_of(given: Mapping[str, Any]) -> list[str]:
    """Write options as arguments of the container's command."""
    return [word for each in overrides() if each.name in given for word in (each.flag, str(given[each.name]))]


def identity_of(settings: TrainingSettings) -> list[Any]:
    """Return the values that make one run on this machine another, in the order of their declarations."""
    return [getattr(settings, each.name) for each in declared(TrainingSettings) if each.option.identity]


def read_settings(table: TomlTable) -> TrainingSettings:
    """Read [training]; ProjectError names the key that is wrong."""
    known = declared(TrainingSettings)
    table.only(*(each.name for each in known), old=[each.option.renamed_from for each in known])
    return TrainingSettings(**{each.name: _read(table, each) for each in known})


def renamed_keys(table: TomlTable) -> tuple[str, ...]:
    """Say which keys of [training] have a new name."""
    return tuple(
        f"training.{each.option.renamed_from} is called {each.name} now; rename it"
        for each in declared(TrainingSettings)
        if each.option.renamed_from and table.has(each.option.renamed_from)
    )


def _read(table: TomlTable, each: Declared) -> Any:
    old = each.option.renamed_from
    name = old if old and table.has(old) and not table.has(each.name) else each.name
    if each.option.choices:
        return table.choice(name, each.default, each.option.choices)
    if each.type is bool:
        return table.truth(name, default=each.default)
    if each.type is int:
        return table.integer(name, each.default, int(each.option.least or 0))
    if each.type is float:
        return table.number(name, each.default, each.option.least or 0.0)
    return table.text(name, each.default)


def _check(each: Declared, value: Any) -> None:
    wanted: Sequence[type] = (int, float) if each.type is float else (each.type,)
    right = isinstance(value, tuple(wanted)) and not isinstance(value, bool)
    least = each.option.least
    if not right or (least is not None and value < least):
        article = {int: "a whole number", float: "a number", str: "text"}[each.type]
        expected = article if least is None else f"{article} of at least {least:g}"
        raise ProjectError(f"option {each.name}", f"is {value!r}, expected {expected}", "Correct that value.")


def _plain_type(hint: Any) -> type:
    kinds = [kind for kind in getattr(hint, "__args__", (hint,)) if kind is not type(None)]
    return kinds[0]  # type: ignore[no-any-return]  # the hint of a field
