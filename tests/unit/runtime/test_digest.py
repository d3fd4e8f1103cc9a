import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from pilotlight_runtime import digest
from pilotlight_runtime.digest import PAYS_FROM, bytes_sha256, file_sha256


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_digests_are_hashlibs(size: int, tmp_path: Path) -> None:
    content = bytes(index % 251 for index in range(size))
    (tmp_path / "file").write_bytes(content)
    assert file_sha256(tmp_path / "file") == bytes_sha256(content) == hashlib.sha256(content).hexdigest()
    assert file_sha256(tmp_path / "file", size) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("expected", [0, 1, 5000, 2 * PAYS_FROM])
def test_a_file_of_another_size_than_expected_has_its_own_digest(expected: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(5001))
    assert file_sha256(tmp_path / "file", expected) == hashlib.sha256(bytes(5001)).hexdigest()


LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
from pilotlight_runtime.digest import PAYS_FROM, bytes_sha256
bytes_sha256(bytes(int(sys.argv[2])))
print(*sorted({"hashlib", "_hashlib"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("size", "loaded"), [(PAYS_FROM - 1, ""), (PAYS_FROM, "_hashlib")])
def test_openssl_is_loaded_where_it_pays(size: int, loaded: str) -> None:
    layer = str(Path(digest.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", LOADED, layer, str(size)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == loaded
