"""A file that is no checkpoint is none, whatever it is. A fit then starts from an older one, or from the beginning."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotlight.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint

CHECKPOINT = Checkpoint(1, 2, done=False, arrays={"model": [np.arange(3.0)]}, points=[(1.0, {"loss": 0.5, "x": None})])


def with_state(state: object) -> bytes:
    content = io.BytesIO()
    raw = state if isinstance(state, bytes) else json.dumps(state).encode()
    arrays: dict[str, Any] = {"state.json": np.frombuffer(raw, np.uint8), "model/00000": np.arange(3.0)}
    np.savez(content, **arrays)
    return content.getvalue()


def with_entry(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def sound() -> bytes:
    return with_state({"epoch": 1, "step": 2, "done": False, "points": []})


def encrypted(archive: bytes) -> bytes:
    """The archive with the flag of encryption in each header (APPNOTE.TXT of the ZIP format, 4.4.4)."""
    content = bytearray(archive)
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := archive.find(header, at + 1)) >= 0:
            content[at + offset] |= 1
    return bytes(content)


HUGE = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"
DAMAGED = {
    "empty": b"",
    "text": b"not a checkpoint",
    "half": sound()[:-200],
    "changed": sound().replace(b"epoch", b"ep\0ch"),
    "encrypted": encrypted(sound()),
    "no state": with_entry("model/00000.npy", b""),
    "10 TiB": with_entry("state.json.npy", b"\x93NUMPY\x01\0" + len(HUGE).to_bytes(2, "little") + HUGE),
    "an object": with_entry("state.json.npy", b"\x80\x04K\x01."),
    "a list": with_state([]),
    "deep": with_state(b"[" * 100_000),
    "no epoch": with_state({"points": []}),
    "an epoch of text": with_state({"epoch": "one", "step": 2, "done": False, "points": []}),
    "an endless epoch": with_state(b'{"epoch": 1e999, "step": 2, "done": false, "points": []}'),
    "points that are numbers": with_state({"epoch": 1, "step": 2, "done": False, "points": [1]}),
    "values that are a number": with_state({"epoch": 1, "step": 2, "done": False, "points": [[1, 2]]}),
    "UTF-16": with_state('{"epoch": 1}'.encode("utf-16")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_no_checkpoint_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "c.npz").write_bytes(DAMAGED[name])
    assert read_checkpoint(tmp_path / "c.npz") is None


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "c.npz", CHECKPOINT)
    found = read_checkpoint(tmp_path / "c.npz")
    assert found is not None
    assert found._replace(arrays={}) == CHECKPOINT._replace(arrays={})
    assert found.arrays["model"][0].tolist() == [0.0, 1.0, 2.0]
