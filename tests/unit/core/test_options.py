"""An option of training is declared once: everything that knows options follows from the declaration."""

from __future__ import annotations

import argparse
import inspect
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pytest
import typer

from pilotlight import ProjectError, Run
from pilotlight.cli.commands.produce import train
from pilotlight.cli.options import add_argument, add_training_arguments, make_parameter
from pilotlight.core.model_toml import load_model_config
from pilotlight.core.option import DeclaredOption, declare_option, list_options
from pilotlight.core.options import (
    RunOptions,
    TrainingSettings,
    check_options,
    format_arguments,
    list_identity_values,
    list_overrides,
)

SETTINGS = list_options(TrainingSettings)
OTHER = {int: 7, float: 0.5, str: "else", bool: True}


def by_name(each: DeclaredOption) -> str:
    return each.name


def other_value(each: DeclaredOption) -> object:
    return each.option.choices[-1] if each.option.choices else OTHER[each.type]


@pytest.mark.parametrize("each", SETTINGS, ids=by_name)
def test_a_setting_is_a_key_of_model_toml_and_an_attribute_of_run(each: DeclaredOption, tmp_path: Path) -> None:
    value = other_value(each)
    written = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
    path = tmp_path / "model.toml"
    path.write_text(f'kind = "onnx"\n[training]\n{each.name} = {written}\n')
    assert getattr(load_model_config("m", path).training, each.name) == value
    assert getattr(Run(**{each.name: value}), each.name) == value


@pytest.mark.parametrize("each", list_overrides(), ids=by_name)
def test_what_a_person_may_override_is_an_option_everywhere(each: DeclaredOption) -> None:
    value = other_value(each)
    assert each.name in inspect.signature(train).parameters
    parser = argparse.ArgumentParser()
    add_training_arguments(parser)
    words = format_arguments({each.name: value})
    assert words == [each.flag, str(value)]
    assert vars(parser.parse_args(words))[each.name] == value
    assert check_options({each.name: value}) == {each.name: value}


@pytest.mark.parametrize("each", SETTINGS, ids=by_name)
def test_a_setting_that_decides_the_result_is_part_of_the_identity(each: DeclaredOption) -> None:
    default = TrainingSettings()
    changed = replace(default, **{each.name: other_value(each)})
    assert (list_identity_values(changed) != list_identity_values(default)) is each.option.identity


def test_each_option_has_a_help_text_and_says_what_stands_for_its_value() -> None:
    for each in (*SETTINGS, *list_options(RunOptions)):
        assert re.fullmatch(r"[A-Z].*\.", each.option.help, re.DOTALL), each.name
    assert [each.name for each in list_overrides() if not each.option.metavar] == []


def test_every_field_is_declared_as_an_option() -> None:
    assert [each.name for each in SETTINGS] == [each.name for each in fields(TrainingSettings)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"epoch": 3},
            "option 'epoch': does not exist. Known are data, epochs, batch_size, learning_rate",
        ),
        ({"epochs": 0}, "option epochs: is 0, expected a whole number of at least 1"),
        ({"epochs": 2.5}, "option epochs: is 2.5, expected a whole number of at least 1"),
        ({"seed": True}, "option seed: is True, expected a whole number of at least 0"),
        ({"learning_rate": "fast"}, "option learning_rate: is 'fast', expected a finite number of at least 0"),
        ({"data": 3}, "option data: is 3, expected text"),
        ({"learning_rate": float("nan")}, "option learning_rate: is nan, expected a finite number of at least 0"),
        ({"learning_rate": float("inf")}, "option learning_rate: is inf, expected a finite number of at least 0"),
        ({"seeds": "x"}, "option seeds: is 'x', expected a whole number of at least 1"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ProjectError, match=re.escape(message)):
        check_options(given)


@dataclass(frozen=True)
class More:
    """Options that do not exist, one of each type: what declares them must need no other change."""

    shuffle: bool = declare_option(True, "Whether to shuffle.", override=True)  # noqa: FBT003
    optimizer: str = declare_option("adam", "The optimizer.", choices=("adam", "sgd"), override=True)
    dropout: float = declare_option(0.1, "The dropout.", least=0.0, metavar="X", override=True)
    warm_up: int = declare_option(3, "Steps.", least=0, metavar="N", override=True)


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("shuffle", ["--shuffle"], True),
        ("shuffle", ["--no-shuffle"], False),
        ("optimizer", ["--optimizer", "sgd"], "sgd"),
        ("dropout", ["--dropout", "0.5"], 0.5),
        ("warm_up", ["--warm-up", "7"], 7),
    ],
)
def test_an_option_of_each_type_is_read(name: str, words: list[str], value: object) -> None:
    (each,) = (option for option in list_options(More) if option.name == name)
    parser = argparse.ArgumentParser()
    add_argument(parser, each)
    assert vars(parser.parse_args(words))[name] == value
    app = typer.Typer()
    seen: dict[str, object] = {}

    def command(**options: object) -> None:
        seen.update(options)

    parameter = make_parameter(each)
    command.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]
    app.command()(command)
    app(words, standalone_mode=False)
    assert seen[name] == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--optimizer", "foo"], "expected one of adam, sgd"),
        (["--dropout", "nan"], "expected a finite number of at least 0"),
        (["--warm-up", "-1"], "expected a whole number of at least 0"),
    ],
)
def test_wrong_words_are_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    for each in list_options(More):
        add_argument(parser, each)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    assert message in capsys.readouterr().err


def test_numbers_of_other_libraries_and_paths_are_taken() -> None:
    given = check_options({"epochs": np.int64(3), "learning_rate": np.float32(0.5), "data": Path("a.npz")})
    assert given == {"epochs": 3, "learning_rate": 0.5, "data": "a.npz"}
    assert [type(value) for value in given.values()] == [int, float, str]


def test_a_renamed_key_is_read_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text('kind = "onnx"\n[training]\nregress = 0.25\n')
    config = load_model_config("m", path)
    assert config.training.max_metric_drop == 0.25
    assert config.notes == ("training.regress is called max_metric_drop now; rename it",)
