"""Hostile .keras files are refused with one error. None of their code runs."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import keras
import pytest
from support.hostile.keras_files import CANARY, KERAS, read_parts

from pilotlight.conversion import find_adapter_for_file
from pilotlight.core.errors import ConversionError

MEGABYTES = 700
SECONDS = 10


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The entries of a sound file."""
    path = tmp_path_factory.mktemp("sound") / "model.keras"
    model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(2, name="y")])
    model.save(path)
    assert find_adapter_for_file(path).load(path).count_params() == 10
    return read_parts(path)


@pytest.mark.parametrize("name", KERAS)
def test_a_hostile_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: dict[str, bytes], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.keras"
    KERAS[name](path, parts)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(ConversionError) as caught:
        find_adapter_for_file(path).load(path)
    assert "hostile.keras" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2_000
    assert not (tmp_path / CANARY).exists()
    assert time.monotonic() - began < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES
