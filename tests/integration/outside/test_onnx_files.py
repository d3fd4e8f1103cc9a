"""Hostile ONNX files end `pilotlight import` with one error that names the file."""

from pathlib import Path

import pytest
from support.fenced_commands import FencedCommands
from support.hostile.desk import check_refusal
from support.hostile.onnx_files import HARMLESS, ONNX


@pytest.mark.parametrize("name", [name for name in ONNX if name not in HARMLESS])
def test_a_hostile_file_is_refused(commands: FencedCommands, place: Path, name: str) -> None:
    ONNX[name](place / "hostile.onnx")
    ended = commands("import", "stranger/hostile.onnx", "--name", "hostile")
    assert check_refusal(ended, "hostile.onnx") == []


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_file_that_a_function_can_serve_is_imported(commands: FencedCommands, place: Path, name: str) -> None:
    ONNX[name](place / "hostile.onnx")
    ended = commands("import", "stranger/hostile.onnx", "--name", f"odd{HARMLESS.index(name)}")
    assert ended.code == 0, ended.err
