import os
from pathlib import Path

import pytest

from pilotlight.core.errors import StoreError
from pilotlight.store import FolderBlobs

DAY = 24 * 3600.0


def everything(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_put_leaves_only_the_blob(tmp_path: Path) -> None:
    assert FolderBlobs(tmp_path).put_bytes("m/v/a", b"1")
    assert everything(tmp_path) == ["m/v/a"]
    assert (tmp_path / "m/v/a").stat().st_mode & 0o777 == 0o644


def test_a_refused_put_leaves_nothing(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put_bytes("m/v/a", b"1")
    assert not blobs.put_bytes("m/v/a", b"2")
    assert everything(tmp_path) == ["m/v/a"]


def test_abandoned_files_have_no_name_and_go_after_a_day(tmp_path: Path) -> None:
    now = [1_000_000.0]
    blobs = FolderBlobs(tmp_path, clock=lambda: now[0])
    abandoned = tmp_path / ".aside" / "tmp1"
    abandoned.parent.mkdir()
    abandoned.write_bytes(b"half")
    os.utime(abandoned, (now[0], now[0]))
    blobs.put_bytes("m/v/a", b"1")
    assert list(blobs.names("")) == ["m/v/a"]
    assert abandoned.exists(), "its publisher may still be writing"
    now[0] += DAY + 1
    blobs.put_bytes("m/v/b", b"1")
    assert not abandoned.exists()


def test_a_place_that_is_no_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match=r"store: the store cannot be used: .*PILOTLIGHT_STORE"):
        FolderBlobs(tmp_path / "store").put_bytes("m/v/a", b"1")
