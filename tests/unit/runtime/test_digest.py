import hashlib
from pathlib import Path

import pytest

from pilotlight_runtime.digest import bytes_sha256, file_sha256


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_digests_are_hashlibs(size: int, tmp_path: Path) -> None:
    content = bytes(index % 251 for index in range(size))
    (tmp_path / "file").write_bytes(content)
    assert file_sha256(tmp_path / "file") == bytes_sha256(content) == hashlib.sha256(content).hexdigest()
