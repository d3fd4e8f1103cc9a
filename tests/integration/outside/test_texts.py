"""Hostile tables and texts end `pilotlight train` with one error that names the file."""

from pathlib import Path

import pytest
from support.fenced_commands import FencedCommands
from support.hostile.desk import check_refusal
from support.hostile.texts import CSV, FOLDERS

CASES = [(reader, name) for reader, (_, catalogue, _) in FOLDERS.items() for name in catalogue]


@pytest.mark.parametrize("name", CSV)
def test_a_table(commands: FencedCommands, place: Path, name: str) -> None:
    CSV[name](place / "x.csv")
    ended = commands("train", "classes", "--data", "stranger/x.csv")
    assert check_refusal(ended, "x.csv") == []
    assert "train.py" not in ended.err  # the reader says what is wrong, not the code that calls it


@pytest.mark.parametrize(
    "name", ["classes of 5,000 digits", "classes of 150 digits", "a line of 40 MB", "NUL in a cell"]
)
def test_a_table_of_numbers(commands: FencedCommands, place: Path, name: str) -> None:
    CSV[name](place / "x.csv")
    assert check_refusal(commands("train", "targets", "--data", "stranger/x.csv"), "x.csv") == []


@pytest.mark.parametrize(("reader", "name"), CASES)
def test_a_folder_of_texts(commands: FencedCommands, place: Path, reader: str, name: str) -> None:
    file, catalogue, make = FOLDERS[reader]
    make(place, catalogue[name])
    ended = commands("train", reader.split(".", maxsplit=1)[0], "--data", "stranger")
    assert check_refusal(ended, "stranger" if name == "a link to nothing" else file) == []
    assert "train.py" not in ended.err
