"""Hostile .h5 files are refused with one error. None of their code runs, and no other file is read."""

from __future__ import annotations

import resource
import shutil
import time
from pathlib import Path

import keras
import pytest
from support.hostile.h5_files import H5
from support.hostile.keras_files import CANARY

from pilotlight.conversion import find_adapter_for_file
from pilotlight.core.errors import ConversionError

MEGABYTES = 700
SECONDS = 10


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "model.h5"
    keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(2, name="y")]).save(path)
    assert find_adapter_for_file(path).load(path).count_params() == 10
    return path


@pytest.mark.parametrize("name", H5)
def test_a_hostile_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: Path, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.h5"
    shutil.copy(sound, path)
    H5[name](path)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(ConversionError) as caught:
        find_adapter_for_file(path).load(path)
    assert "hostile.h5" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 2_000
    assert not (tmp_path / CANARY).exists()
    assert time.monotonic() - began < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES
