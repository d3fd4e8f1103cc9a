"""What decodes pictures is in the functions of models that take them, from wheels made here: pip is real."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from support.store import make_candidate, publish
from support.wheels import make_wheel

from pilotlight.core.errors import PackagingError
from pilotlight.core.lock import Lock
from pilotlight.packaging import PackageReport, Packages, Pictures, WheelRequest, package_function
from pilotlight.packaging.bytecode import Compiler
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.manifest import ImageInput

HERE = Compiler((sys.executable,), "this Python")
DECODER = {"PIL/__init__.py": "SUM = 2 + 2\n", "PIL/ImageTk.py": "NEVER = 1\n", "pillow.libs/libjpeg.so": "library"}


class Room:
    """A model that takes pictures and one that doesn't, and a lock of what decodes pictures."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root / "wheels"
        self.layer = root / "requirements.txt"
        self.layer.write_text("orjson==3.11.0\n")
        self.lock = root / "pictures.txt"
        self.cache = root / "cache"
        self.store = Store(FolderBlobs(root / "store"))
        self.pinned = {}
        for name, image in (("plain", None), ("drawn", ImageInput("x", 2, 2, 1, 1.0, 0.0, "NHWC"))):
            published = publish(self.store, make_candidate(root / name, name.encode()), name, image=image)
            self.pinned[name] = Lock(published.manifest.version, published.manifest_sha256)
            self.source(name).mkdir(parents=True)
            (self.source(name) / "app.py").write_text("handler = print\n")

    def source(self, name: str) -> Path:
        return self.root / "functions" / name

    def have(self, tag: str = "py3-none-any") -> None:
        """Makes the wheel and its lock."""
        wheel = make_wheel(self.wheels, "pillow", DECODER, tag=tag)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        text = f"--no-index\n--find-links {self.wheels}\npillow==1.0 \\\n    --hash=sha256:{digest}\n"
        self.lock.write_text(text)

    def package(self, name: str, into: str = "into", platform: str = "x86_64") -> PackageReport:
        pictures = Pictures(WheelRequest(self.lock, "3.13", platform), self.cache, self.layer)
        packages = Packages(self.layer, pictures=pictures)
        source, pin = self.source(name), self.pinned[name]
        return package_function(name, source, self.store, pin, self.root / into, packages=packages, compiler=HERE)

    def files(self, into: str = "into") -> dict[str, bytes]:
        folder = self.root / into
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in found.items()}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    room.have()
    return room


def test_only_a_model_that_takes_pictures_has_it(room: Room) -> None:
    plain, drawn = room.package("plain", "one"), room.package("drawn", "two")
    assert (plain.packages, drawn.packages) == ((), ("pillow==1.0",))
    assert "unzipped with pillow==1.0; byte-compiled" in str(drawn)
    brought = {name for name in set(room.files("two")) - set(room.files("one")) if "dist-info" not in name}
    assert brought == {"PIL/__init__.pyc", "pillow.libs/libjpeg.so"}
    assert b"/var/task/PIL/__init__.py" in room.files("two")["PIL/__init__.pyc"]
    assert drawn.bytes == sum(map(len, room.files("two").values()))


def test_it_is_built_once(room: Room) -> None:
    room.package("drawn", "one")
    for wheel in room.wheels.iterdir():
        wheel.unlink()
    room.package("drawn", "two")
    assert room.files("one") == room.files("two")


def test_a_changed_lock_is_built_anew_and_the_old_build_goes(room: Room) -> None:
    room.package("drawn", "one")
    room.lock.write_text(f"# another day\n{room.lock.read_text()}")
    room.package("drawn", "two")
    assert len(list(room.cache.glob("pictures-*"))) == 1


def test_the_wheel_is_that_of_the_functions_processor(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.have("cp313-cp313-manylinux_2_28_aarch64")
    assert room.package("drawn", platform="aarch64").packages == ("pillow==1.0",)
    with pytest.raises(PackagingError, match=r"cannot be installed: .*pillow==1\.0"):
        room.package("drawn", "other")
    assert not (tmp_path / "other").exists()


def test_a_project_whose_layer_has_it_gets_no_second_one(room: Room) -> None:
    room.layer.write_text("orjson==3.11.0\nPillow==1.0\n")
    assert room.package("drawn").packages == ()
    assert "PIL/__init__.pyc" not in room.files()


def test_a_project_without_the_lock_gets_none(room: Room) -> None:
    room.lock.unlink()
    assert room.package("drawn").packages == ()


def test_a_functions_own_version_counts(room: Room) -> None:
    make_wheel(room.wheels, "pillow", {"PIL/__init__.py": "OWN = 1\n"}, version="2.0")
    lines = "--no-index\n--find-links ../../wheels\npillow==2.0\n"
    (room.source("drawn") / "requirements.txt").write_text(lines)
    assert room.package("drawn").packages == ("pillow==2.0",)
    assert room.files()["PIL/__init__.py"] == b"OWN = 1\n"


def test_a_module_of_the_same_name_is_refused(room: Room) -> None:
    (room.source("drawn") / "PIL.py").write_text("MINE = 1\n")
    with pytest.raises(PackagingError, match=r"pictures\.txt: brings PIL, and the function has PIL\.py"):
        room.package("drawn")
