"""The declared options of training as options of a command, and as arguments of the container."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from pilotlight.core.option import DeclaredOption
from pilotlight.core.options import list_overrides


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option that core/options.py declares in the place of its `**options`."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    positional = [each for each in own if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    options = [_parameter(each) for each in list_overrides()]
    parameters = [*positional, *options, *own[len(positional) :]]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    return command


def _parameter(each: DeclaredOption) -> inspect.Parameter:
    least = None if each.option.least is None or each.type is str else each.option.least
    option = typer.Option(
        each.flag,
        help=each.option.help,
        metavar=each.option.metavar,
        min=int(least) if least is not None and each.type is int else least,
        show_default=False,
    )
    hint = Annotated[each.type | None, option]  # type: ignore[name-defined]  # a type that is known when it runs
    return inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)


def given_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every declared option to the container's arguments."""
    for each in list_overrides():
        parser.add_argument(
            each.flag, dest=each.name, type=_checked(each), metavar=each.option.metavar, help=each.option.help
        )


def _checked(each: DeclaredOption) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = each.type(text)
        if each.option.least is not None and value < each.option.least:
            raise argparse.ArgumentTypeError(f"{text} is not at least {each.option.least:g}")
        return value

    read.__name__ = each.type.__name__  # argparse names it where the text is of another type
    return read
