"""A function with packages of its own, from wheels made here: pip is real, no registry is asked."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from support.store import make_candidate, publish
from support.wheels import make_wheel

from pilotlight.core.errors import PackagingError
from pilotlight.core.lock import Lock
from pilotlight.packaging import PackageReport, Packages, package_catalog, package_function
from pilotlight.packaging.bytecode import Compiler
from pilotlight.store import FolderBlobs, Store

HERE = Compiler((sys.executable,), "this Python")
WORDS = {"tiny_words/__init__.py": "WORDS = {'one', 'two', 'three'}\n", "tiny_words/words.txt": "one two three\n"}


class Room:
    """A model's folder, pinned, and a folder of wheels."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root / "wheels"
        self.source = root / "functions" / "digits"
        self.source.mkdir(parents=True)
        (self.source / "app.py").write_text("handler = print\n")
        self.layer = root / "layer.txt"
        self.layer.write_text("orjson==3.11.0\n")
        self.store = Store(FolderBlobs(root / "store"))
        published = publish(self.store, make_candidate(root / "candidate", b"graph", b"weights"))
        self.lock = Lock(published.manifest.version, published.manifest_sha256)
        self.into = root / "into"

    def require(self, *lines: str) -> None:
        """Writes requirements.txt; wheels come from the folder, which it names relative to itself."""
        text = "\n".join(("--no-index", "--find-links ../../wheels", *lines))
        (self.source / "requirements.txt").write_text(f"{text}\n")

    def package(self, into: Path | None = None, layer_bytes: int = 0) -> PackageReport:
        """Packages it for Lambda, by real pip."""
        return package_function(
            "digits",
            self.source,
            self.store,
            self.lock,
            into or self.into,
            layer_bytes=layer_bytes,
            packages=Packages(self.layer),
            compiler=HERE,
        )


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def image(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_packages_lie_beside_app_and_count(room: Room) -> None:
    before = room.package()
    only_here = files(room.into)
    make_wheel(room.wheels, "tiny_words", WORDS)
    room.require("tiny-words==1.0")
    report = room.package()
    tag = sys.implementation.cache_tag
    about = "tiny_words-1.0.dist-info"
    brought = {f"{about}/METADATA", f"{about}/WHEEL", f"{about}/entry_points.txt", *WORDS}
    assert files(room.into) == only_here | brought | {f"tiny_words/__pycache__/__init__.{tag}.pyc"}
    size = sum(path.stat().st_size for path in room.into.rglob("*") if path.is_file())
    assert (report.bytes, report.files) == (size, len(files(room.into)))
    assert report.bytes > before.bytes
    assert report.packages == ("tiny-words==1.0",)
    assert "unzipped with tiny-words==1.0; byte-compiled" in str(report)


@pytest.mark.parametrize("hashed", [False, True])
def test_built_twice_it_is_the_same(room: Room, tmp_path: Path, *, hashed: bool) -> None:
    wheel = make_wheel(room.wheels, "tiny_words", WORDS)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    room.require(f"tiny-words==1.0 --hash=sha256:{digest}" if hashed else "tiny-words==1.0")
    room.package()
    room.package(tmp_path / "deeper" / "two")
    assert image(room.into) == image(tmp_path / "deeper" / "two")
    assert str(tmp_path).encode() not in b"".join(content for _, _, content in image(room.into).values())


def test_the_wheel_is_lambdas_whatever_this_machine_is(room: Room) -> None:
    for tag, text in (
        ("cp313-cp313-manylinux_2_28_x86_64", "RIGHT = 1\n"),
        ("cp313-cp313-manylinux_2_28_aarch64", "ARM = 1\n"),
        ("cp311-cp311-manylinux_2_28_x86_64", "OLD = 1\n"),
        ("cp313-cp313-macosx_14_0_arm64", "MAC = 1\n"),
    ):
        make_wheel(room.wheels, "tiny_words", {"tiny_words.py": text}, tag=tag)
    room.require("tiny-words==1.0")
    room.package()
    assert (room.into / "tiny_words.py").read_text() == "RIGHT = 1\n"


def test_without_the_file_pip_is_not_asked(room: Room) -> None:
    def refuse(_requirements: Path, _into: Path) -> None:
        raise AssertionError("nothing is to be installed")

    packages = Packages(room.layer, refuse)
    package_function("digits", room.source, room.store, room.lock, room.into, packages=packages, compiler=HERE)
    (room.source / "requirements.txt").write_text("# nothing yet\n")
    again = room.root / "again"
    package_function("digits", room.source, room.store, room.lock, again, packages=packages, compiler=HERE)
    assert image(room.into) == image(again)


def test_a_function_that_runs_here_gets_no_wheels_of_lambda(room: Room) -> None:
    room.require("tiny-words==1.0")
    report = package_function("digits", room.source, room.store, room.lock, room.into, compiler=HERE)
    assert report.packages == ()
    assert not any("requirements" in name for name in files(room.into))


def test_files_that_are_no_python_are_their_packages_affair(room: Room) -> None:
    make_wheel(room.wheels, "tiny_words", {**WORDS, "tiny_words/template.py": "class {{ name }}:\n"})
    room.require("tiny-words==1.0")
    assert room.package().bytecode
    assert (room.into / "tiny_words" / "__pycache__").is_dir()


def test_what_its_packages_lack_is_said(room: Room) -> None:
    needs = ("Other_Words>=2", "orjson", "small-words (<3)", "tests; extra == 'dev'")
    make_wheel(room.wheels, "tiny_words", WORDS, needs=needs)
    make_wheel(room.wheels, "small_words", {"small_words.py": ""})
    room.require("tiny-words==1.0", "small-words==1.0")
    note = room.package().note
    assert note.endswith("; tiny_words asks for other-words, which neither requirements.txt nor the layer has")


def test_commands_stay_out(room: Room) -> None:
    make_wheel(room.wheels, "tiny_words", {**WORDS, "tiny_words-1.0.data/scripts/words": "#!python\n"})
    room.require("tiny-words==1.0")
    room.package()
    assert not (room.into / "bin").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tiny-words==2.0", r"tiny-words==2\.0.*Name versions that have wheels for Python 3\.13 on Linux x86_64"),
        (f"tiny-words==1.0 --hash=sha256:{'0' * 64}", "HASHES"),
        ("tiny-words", r"line 3 \(tiny-words\) is not pinned"),
        ("ORJSON==3.11.0", "ORJSON, which is in the layer already"),
    ],
)
def test_packages_that_cannot_be_had_leave_the_earlier_build(room: Room, line: str, said: str) -> None:
    make_wheel(room.wheels, "tiny_words", WORDS)
    room.package()
    before = image(room.into)
    room.require(line)
    with pytest.raises(PackagingError, match=said) as caught:
        room.package()
    assert caught.value.where == str(room.source / "requirements.txt")
    assert image(room.into) == before


def test_a_package_for_another_platform_alone(room: Room) -> None:
    make_wheel(room.wheels, "tiny_words", WORDS, tag="cp313-cp313-win_amd64")
    room.require("tiny-words==1.0")
    with pytest.raises(PackagingError, match=r"No matching distribution found for tiny-words==1\.0"):
        room.package()


@pytest.mark.parametrize(
    ("brings", "has"),
    [("app.py", "app.py"), ("app/__init__.py", "app.py"), ("data/words.txt", "data"), ("model.onnx", "model.onnx")],
)
def test_a_package_takes_no_place_in_the_function(room: Room, brings: str, has: str) -> None:
    make_wheel(room.wheels, "tiny_words", {brings: ""})
    room.require("tiny-words==1.0")
    with pytest.raises(PackagingError, match=rf"brings {Path(brings).parts[0]}, and the function has {has}"):
        room.package()
    assert not room.into.exists()


def test_too_large_with_its_packages(room: Room) -> None:
    alone = room.package().bytes
    make_wheel(room.wheels, "tiny_words", {"tiny_words.py": f"WORDS = '{'x' * 100_000}'\n"})
    room.package(layer_bytes=262_144_000 - alone - 50_000)
    room.require("tiny-words==1.0")
    with pytest.raises(PackagingError, match=r"Lambda takes 262\.1 MB.*requirements\.txt"):
        room.package(layer_bytes=262_144_000 - alone - 50_000)


def test_the_catalog_may_have_some_too(room: Room) -> None:
    make_wheel(room.wheels, "tiny_words", WORDS)
    room.require("tiny-words==1.0")
    report = package_catalog(room.source, {}, room.store, room.into, packages=Packages(room.layer), compiler=HERE)
    assert report.packages == ("tiny-words==1.0",)
    assert (room.into / "tiny_words" / "words.txt").is_file()
