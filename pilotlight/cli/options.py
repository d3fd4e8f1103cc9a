"""The declared options of training as options of a command, and as arguments of the container."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from pilotlight.core.errors import ProjectError
from pilotlight.core.option import DeclaredOption, parse_value
from pilotlight.core.options import list_overrides


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option that core/options.py declares in the place of its `**options`."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    positional = [each for each in own if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    options = [make_parameter(each) for each in list_overrides()]
    parameters = [*positional, *options, *own[len(positional) :]]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    return command


def make_parameter(each: DeclaredOption) -> inspect.Parameter:
    """Return one declared option as a parameter that typer reads."""
    least = each.option.least
    option = typer.Option(
        f"{each.flag}/{each.negative_flag}" if each.type is bool else each.flag,
        help=each.option.help,
        metavar=each.option.metavar or None,
        min=int(least) if least is not None and each.type is int else least,
        show_default=False,
    )
    kind: Any = Literal[each.option.choices] if each.option.choices else each.type
    hint = Annotated[kind | None, option]
    return inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)


def given_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every declared option to the container's arguments."""
    for each in list_overrides():
        add_argument(parser, each)


def add_argument(parser: argparse.ArgumentParser, each: DeclaredOption) -> None:
    """Add one declared option to the container's arguments."""
    if each.type is bool:
        parser.add_argument(each.flag, dest=each.name, action=argparse.BooleanOptionalAction, help=each.option.help)
        return
    metavar = each.option.metavar or None
    parser.add_argument(each.flag, dest=each.name, type=_reader(each), metavar=metavar, help=each.option.help)


def _reader(each: DeclaredOption) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return parse_value(each, text)
        except ProjectError as error:
            raise argparse.ArgumentTypeError(error.what) from error

    return read
