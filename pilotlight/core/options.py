"""Options of training. Each is declared once: its name, type, default, help text, and where it may be given.

A field of TrainingSettings or RunOptions is the declaration. The key in model.toml, the option of `pilotlight train`,
the argument of the container and of the AWS Batch job, the attribute of `Run`, and the identity of the run follow from
it. A new option is one new field here, and its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.option import DeclaredOption, check_value, declare_option, list_options
from pilotlight.core.toml_table import TomlTable

PRECISIONS: Final = ("float32", "mixed_float16", "mixed_bfloat16")
DEVICES: Final = ("all", "one")


@dataclass(frozen=True)
class TrainingSettings:
    """[training] of model.toml. The command line overrides some of them.

    Attributes:
        data: The data source.
        epochs: Passes over the data.
        batch_size: Samples in each step, at most.
        learning_rate: The learning rate at the start of the schedule.
        seed: The seed of every random generator.
        metric: The metric that the gate compares; "auto" for the one that fits, "" for none.
        max_metric_drop: How much worse the metric of the next version may be, in the unit of the metric.
        checkpoint_minutes: The longest time between two checkpoints, in minutes.
        precision: The floating-point format of a Keras fit: one of PRECISIONS.
        devices: "all" GPUs of the machine, or "one".
        deterministic: Whether GPUs compute the same bits in each run.
    """

    data: str = declare_option(
        "",
        "A built-in set such as digits or iris, a file PATH.npz or (for tables) PATH.csv, one of these at "
        "s3://bucket/key, or (for texts) a folder. Default: as in model.toml.",
        metavar="SRC",
        override=True,
        identity=True,
    )
    epochs: int = declare_option(
        5, "Passes over the data. Default: as in model.toml.", metavar="N", least=1, override=True, identity=True
    )
    batch_size: int = declare_option(
        64, "Samples a step, at most. Default: as in model.toml.", metavar="N", least=1, override=True, identity=True
    )
    learning_rate: float = declare_option(
        0.001,
        "The learning rate at the start of the schedule. Default: as in model.toml.",
        metavar="X",
        least=0.0,
        override=True,
        identity=True,
    )
    seed: int = declare_option(
        20,
        "The seed of every random generator. Default: as in model.toml.",
        metavar="N",
        least=0,
        override=True,
        identity=True,
    )
    metric: str = declare_option("auto", "The metric that the gate compares.")
    max_metric_drop: float = declare_option(
        0.01,
        "How much worse the next version's metric may be before a pipeline rejects it.",
        least=0.0,
        renamed_from="regress",
    )
    checkpoint_minutes: float = declare_option(10.0, "The longest time between two checkpoints, in minutes.", least=0.0)
    precision: str = declare_option(
        "float32", "The numbers that a Keras model is fitted in.", choices=PRECISIONS, identity=True
    )
    devices: str = declare_option("all", "Whether all GPUs of the machine are used, or one.", choices=DEVICES)
    deterministic: bool = declare_option(False, "Whether GPUs compute the same bits each time.")  # noqa: FBT003  (a default)


@dataclass(frozen=True)
class RunOptions:
    """Options of one training that have no key in model.toml.

    Attributes:
        seeds: The number of seeds to train with.
        at_least: The worst metric that is published; None publishes any. Where lower is better, its sign is ignored.
    """

    seeds: int = declare_option(
        1,
        "Train with N seeds; publish the model with the median score.",
        metavar="N",
        least=1,
        override=True,
    )
    at_least: float | None = declare_option(None, "Publish nothing whose metric is worse.", metavar="X", override=True)


def list_overrides() -> tuple[DeclaredOption, ...]:
    """Return the options that a person may give for one training."""
    return tuple(each for each in list_options(TrainingSettings, RunOptions) if each.option.override)


def check_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of one training.

    Args:
        given: Values by option name. None means that the option was not given.

    Returns:
        The options that were given.

    Raises:
        ProjectError: An option does not exist, or its value has the wrong type or is too small.
    """
    known = {each.name: each for each in list_overrides()}
    for name in given:
        if name not in known:
            raise ProjectError(f"option {name!r}", "does not exist", f"Known are {', '.join(known)}.")
    return {name: check_value(known[name], value) for name, value in given.items() if value is not None}


def format_arguments(given: Mapping[str, Any]) -> list[str]:
    """Format options as arguments of the container's command.

    Args:
        given: Values by option name.

    Returns:
        Flags and values alternately, such as ["--epochs", "3"].
    """
    return [word for each in list_overrides() if each.name in given for word in _format(each, given[each.name])]


def list_identity_values(settings: TrainingSettings) -> list[Any]:
    """Return the values that identify a run on this machine, in the order of declaration."""
    return [getattr(settings, each.name) for each in list_options(TrainingSettings) if each.option.identity]


def read_training_settings(table: TomlTable) -> TrainingSettings:
    """Read [training] of model.toml.

    Raises:
        ProjectError: A key is wrong. The message names it.
    """
    known = list_options(TrainingSettings)
    table.check_keys(*(each.name for each in known), old=[each.option.renamed_from for each in known])
    return TrainingSettings(**{each.name: _read(table, each) for each in known})


def describe_renamed_keys(table: TomlTable) -> tuple[str, ...]:
    """Return one sentence for each key of [training] that has a new name."""
    return tuple(
        f"training.{each.option.renamed_from} is called {each.name} now; "
        + ("remove the old key, which is not read" if table.has(each.name) else "rename it")
        for each in list_options(TrainingSettings)
        if each.option.renamed_from and table.has(each.option.renamed_from)
    )


def _format(each: DeclaredOption, value: Any) -> list[str]:
    if each.type is bool:
        return [each.flag if value else each.negative_flag]
    return [each.flag, str(value)]


def _read(table: TomlTable, each: DeclaredOption) -> Any:
    old = each.option.renamed_from
    name = old if old and table.has(old) and not table.has(each.name) else each.name
    if each.option.choices:
        return table.read_choice(name, each.default, each.option.choices)
    if each.type is bool:
        return table.read_boolean(name, default=each.default)
    if each.type is int:
        return table.read_integer(name, each.default, int(each.option.least or 0))
    if each.type is float:
        return table.read_number(name, each.default, each.option.least or 0.0)
    return table.read_text(name, each.default)
