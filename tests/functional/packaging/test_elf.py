"""On the real libraries of the installed Pillow, which patchelf has been through."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import PIL
import pytest

from pilotlight.packaging.elf import compact_library

DECODES = """
import io
from PIL import Image
for kind in ("PNG", "JPEG", "TIFF", "GIF"):
    file = io.BytesIO()
    Image.new("L", (28, 28), 200).save(file, kind)
    assert abs(Image.open(io.BytesIO(file.getvalue())).convert("L").getpixel((3, 3)) - 200) < 3
print(Image.__file__)
"""

linux = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the installed Pillow is not one for Linux x86_64"
)


def libraries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.so*") if path.is_file())


@linux
def test_compacted_libraries_still_decode(tmp_path: Path) -> None:
    installed = Path(PIL.__file__).parent
    for name in ("PIL", "pillow.libs"):
        if (installed.parent / name).is_dir():
            shutil.copytree(installed.parent / name, tmp_path / name)
    before = sum(path.stat().st_size for path in libraries(tmp_path))
    saved = sum(compact_library(path) for path in libraries(tmp_path))
    assert saved > 0
    assert sum(path.stat().st_size for path in libraries(tmp_path)) == before - saved
    assert [compact_library(path) for path in libraries(tmp_path)] == [0] * len(libraries(tmp_path))
    command = [sys.executable, "-c", DECODES]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, check=True, capture_output=True, text=True)
    assert done.stdout.startswith(str(tmp_path))


def test_what_is_no_library_for_lambda_stays(tmp_path: Path) -> None:
    arm = b"\x7fELF\x02\x01" + bytes(12) + struct.pack("<H", 183) + bytes(5000)
    for content in (b"", b"INPUT(libtiff.so.6)", arm):
        (tmp_path / "lib.so").write_bytes(content)
        assert compact_library(tmp_path / "lib.so") == 0
        assert (tmp_path / "lib.so").read_bytes() == content
