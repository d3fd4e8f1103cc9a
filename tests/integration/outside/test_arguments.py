"""Odd arguments and environment variables end a command with an error, and never with a defect."""

from __future__ import annotations

import pytest
from support.fenced_commands import Ended, FencedCommands

ODD = {
    "half of a surrogate pair": "\udcff\udcfe",
    "control characters": "\x1b[2J\r\n\x9b",
    "100,000 characters": "x" * 100_000,
    "5,000 digits": "9" * 5_000,
    "nothing": "",
    "NUL": "a\0b",
    "signs of an address": "a@b@c%00",
    "not a number": "NaN",
}

COMMANDS = [
    "show {}",
    "pin {}",
    "new {}",
    "train {}",
    "train arrays --data {}",
    "train arrays --seed {}",
    "train arrays --learning-rate {}",
    "import {} --name m",
    "import adder.onnx --name m --golden {}",
    "convert arrays --from {}",
    "convert arrays --from {}.keras",
    "invoke {} --npz good.npz",
    "invoke adder --npz good.npz --url {}",
    "invoke adder --npz good.npz --url http://{}/",
    "invoke adder --npz good.npz --url http://127.0.0.1:{}/",
    "invoke adder --npz good.npz --url http://127.0.0.1:1 --api-key {}",
    "runs watch {}",
]
VARIABLES = ["PILOTLIGHT_API_KEY", "PILOTLIGHT_STORE", "AWS_REGION", "COLUMNS", "NO_COLOR"]


def check(ended: Ended) -> None:
    assert ended.code in (0, 1, 2), ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err) < 10_000
    shown = (ended.err + ended.out).replace("\n", "").replace("\t", "")
    assert not any(ord(each) < 32 or 127 <= ord(each) < 160 or 0xD800 <= ord(each) < 0xE000 for each in shown)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_odd_argument(commands: FencedCommands, command: str) -> None:
    for value in ODD.values():
        ended = commands(*(word.replace("{}", value) for word in command.split()))
        check(ended)
        assert ended.code != 0


@pytest.mark.parametrize("name", VARIABLES)
def test_an_odd_variable(commands: FencedCommands, name: str) -> None:
    for value in ODD.values():
        if "\0" not in value:  # no variable can hold it
            check(commands("models", environ={name: value}))
            check(commands("invoke", "m", "--npz", "good.npz", "--url", "http://127.0.0.1:1", environ={name: value}))


def test_a_key_is_never_shown(commands: FencedCommands) -> None:
    for key in ("se cret", "secret\r\nX-Evil: 1", "sécret", "secret\udcff"):
        ended = commands("invoke", "m", "--npz", "good.npz", "--url", "http://127.0.0.1:1", "--api-key", key)
        assert ended.code == 1
        assert "the API key: has characters that no key has" in ended.err
        assert "cret" not in ended.err


def test_a_password_in_an_address_is_never_shown(commands: FencedCommands) -> None:
    ended = commands("invoke", "m", "--npz", "good.npz", "--url", "https://me:hunter2@host/prod")
    assert ended.code == 1
    assert "has a user or a password" in ended.err
    assert "hunter2" not in ended.err
