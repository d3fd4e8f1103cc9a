"""Hostile .npz and .npy files end each command with one error that names the file."""

from pathlib import Path

import pytest
from support.fenced_commands import FencedCommands
from support.hostile.arrays import NAMES, NPY, NPZ, PLACES, npy
from support.hostile.desk import check_refusal

GOLDEN = "numbers that are not finite"
"""Samples of one call may hold these: a model may return them too."""

TRAINING = (
    *PLACES,
    "encrypted",
    "a zip bomb",
    "pickled objects",
    "a shape of 10 TiB",
    "entries with array names and no arrays",
    "an empty archive",
    "raw bytes",
    "dates",
    "complex numbers",
    "text that is no text",
    GOLDEN,
)
"""The reader is the same, so what its caller checks counts here."""


@pytest.mark.parametrize("name", [name for name in NPZ if name != GOLDEN])
def test_reference_samples(commands: FencedCommands, place: Path, name: str) -> None:
    NPZ[name](place / "x.npz")
    ended = commands("import", "adder.onnx", "--name", "m", "--golden", "stranger/x.npz")
    assert check_refusal(ended, "x.npz") == []


@pytest.mark.parametrize("name", TRAINING)
def test_training_data(commands: FencedCommands, place: Path, name: str) -> None:
    NPZ[name](place / "x.npz")
    assert check_refusal(commands("train", "arrays", "--data", "stranger/x.npz"), "x.npz") == []


@pytest.mark.parametrize("name", NPY)
def test_a_folder_of_arrays(commands: FencedCommands, place: Path, name: str) -> None:
    for each in NAMES[1:]:
        (place / f"{each}.npy").write_bytes(npy())
    NPY[name](place / f"{NAMES[0]}.npy")
    assert check_refusal(commands("train", "arrays", "--data", "stranger"), NAMES[0]) == []


def test_sound_files_are_read_in_the_same_way(commands: FencedCommands) -> None:
    ended = commands("import", "adder.onnx", "--name", "sound", "--golden", "good.npz")
    assert ended.code == 0, ended.err
