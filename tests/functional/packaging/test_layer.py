"""The layer from wheels made here: pip is real, no registry is asked."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pilotlight.core.errors import PackagingError
from pilotlight.core.progress import Silent
from pilotlight.packaging import LayerSource, build_layer, package_layer
from pilotlight.packaging.bytecode import Compiler
from pilotlight.packaging.locking import main, write_layer_lock
from pilotlight_runtime.archive import HEADER, NAME, read_index

HERE = Compiler((sys.executable,), "this Python")


def here(_python: str) -> Compiler | None:
    return HERE


def nowhere(_python: str) -> Compiler | None:
    return None


def make_wheel(folder: Path, version: str = "1.0", tag: str = "py3-none-any") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"tiny_words-{version}-{tag}.whl"
    about = f"tiny_words-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_words.py", "WORDS = {'one', 'two', 'three', 'four'}\n")
        wheel.writestr("tiny_words.pyi", "WORDS: set[str]\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny-words\nVersion: {version}\n")
        wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{about}/licenses/LICENSE.txt", "free\n")
        wheel.writestr(f"{about}/RECORD", "")
    return path


def requirements(folder: Path, pin: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(f"--no-index\n--find-links {folder / 'wheels'}\n{pin}\n")
    return path


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    digest = hashlib.sha256(make_wheel(tmp_path / "wheels").read_bytes()).hexdigest()
    return requirements(tmp_path, f"tiny-words==1.0 --hash=sha256:{digest}")


def image(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


def test_the_layer_holds_packages_and_runtime(tmp_path: Path, locked: Path) -> None:
    report = package_layer(locked, tmp_path / "layer", find=here)
    python = tmp_path / "layer" / "python"
    assert (python / "tiny_words.py").is_file()
    assert (python / "pilotlight_runtime" / "handler.py").is_file()
    about = python / "tiny_words-1.0.dist-info"
    assert sorted(path.name for path in about.rglob("*")) == ["LICENSE.txt", "METADATA", "licenses"]
    assert not (python / "tiny_words.pyi").exists()
    sizes = [path.stat().st_size for path in (tmp_path / "layer").rglob("*") if path.is_file()]
    assert (report.files, report.bytes) == (len(sizes), sum(sizes))
    assert sum(report.parts.values()) == report.bytes


def test_lambda_can_execute_its_start_file(tmp_path: Path, locked: Path) -> None:
    package_layer(locked, tmp_path / "layer", find=here)
    start = tmp_path / "layer" / "pilotlight-start"
    files = [path for path in (tmp_path / "layer").rglob("*") if path.is_file()]
    assert [path for path in files if path.stat().st_mode & 0o111] == [start]
    echo = tmp_path / "python"
    echo.write_text('#!/bin/sh\necho "$@"\n')
    echo.chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [start, echo, "/var/runtime/bootstrap.py"]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    client = Path(ran.stdout.split()[-1])
    assert ran.stdout.startswith("-I -S ")
    assert client == tmp_path / "layer" / "python" / "pilotlight_runtime" / "lambda_client" / "start.py"
    assert client.is_file()


def test_built_twice_it_is_the_same(tmp_path: Path, locked: Path) -> None:
    first = package_layer(locked, tmp_path / "one", find=here)
    again = package_layer(locked, tmp_path / "deeper" / "two", find=here)
    assert not again.cached
    assert first == again
    assert image(tmp_path / "one") == image(tmp_path / "deeper" / "two")


def test_the_second_build_comes_from_the_cache(tmp_path: Path, locked: Path) -> None:
    cache = tmp_path / "cache"
    first = package_layer(locked, tmp_path / "one", cache=cache, find=here)
    make_wheel(tmp_path / "wheels").unlink()
    again = package_layer(locked, tmp_path / "one", cache=cache, find=here)
    assert again == first._replace(cached=True)
    assert image(tmp_path / "one") == image(cache / f"{next(cache.glob('layer-*')).name}" / "layer")


def test_a_changed_lock_is_built_anew_and_the_old_build_goes(tmp_path: Path, locked: Path) -> None:
    cache = tmp_path / "cache"
    package_layer(locked, tmp_path / "layer", cache=cache, find=here)
    locked.write_text(f"# another day\n{locked.read_text()}")
    assert not package_layer(locked, tmp_path / "layer", cache=cache, find=here).cached
    assert len(list(cache.glob("layer-*"))) == 1


@pytest.mark.parametrize("change", [{"platform": "aarch64"}, {"python": "3.12"}])
def test_another_target_is_another_build(tmp_path: Path, locked: Path, change: dict[str, str]) -> None:
    source = LayerSource(locked, find=here)
    assert not build_layer(source, tmp_path / "cache").cached
    assert build_layer(source, tmp_path / "cache").cached
    assert not build_layer(source._replace(**change), tmp_path / "cache").cached


def archived_sources(packages: Path, archive: Path) -> set[Path]:
    """The sources of the modules in `archive`."""
    content = archive.read_bytes()
    end = HEADER + int.from_bytes(content[HEADER - 4 : HEADER], "little")
    found = set()
    for name, (is_package, _, _) in read_index(content[HEADER:end], end).items():
        place = packages.joinpath(*name.split("."))
        found.add(place / "__init__.py" if is_package else place.with_suffix(".py"))
    return found


def test_bytecode_is_written_for_all_of_it(tmp_path: Path, locked: Path) -> None:
    report = build_layer(LayerSource(locked, find=here), tmp_path / "cache", Silent())
    assert (report.bytecode, report.note) == (True, "byte-compiled by this Python")
    (layer,) = (tmp_path / "cache").glob("layer-*/layer")
    packages = layer / "python"
    compiled = {path.parent.parent / f"{path.name.split('.')[0]}.py" for path in layer.rglob("*.pyc")}
    archived = archived_sources(packages, packages / "pilotlight_runtime" / NAME)
    assert compiled.isdisjoint(archived)
    assert compiled | archived == {*layer.rglob("*.py")}
    written = [*layer.rglob("*.pyc"), packages / "pilotlight_runtime" / NAME]
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in written)


def test_a_build_without_bytecode_says_what_that_costs(tmp_path: Path, locked: Path) -> None:
    source = LayerSource(locked, find=nowhere)
    report = build_layer(source, tmp_path / "cache")
    assert not report.bytecode
    assert "NOT byte-compiled" in report.note
    assert "200 ms" in report.note
    assert build_layer(source, tmp_path / "cache").cached
    assert build_layer(source._replace(find=here), tmp_path / "cache").bytecode


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        (f"tiny-words==1.0 --hash=sha256:{'0' * 64}", r"HASHES"),
        ("tiny-words==1.0", r"[Hh]ash"),
        (f"tiny-words==2.0 --hash=sha256:{'0' * 64}", r"tiny-words==2\.0"),
    ],
)
def test_packages_that_cannot_be_had(tmp_path: Path, pin: str, message: str) -> None:
    make_wheel(tmp_path / "wheels")
    with pytest.raises(PackagingError, match=rf"the layer's packages: cannot be installed: .*{message}"):
        package_layer(requirements(tmp_path, pin), tmp_path / "layer")
    assert not (tmp_path / "layer").exists()


def test_a_missing_lock(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"requirements\.txt: is missing"):
        package_layer(tmp_path / "requirements.txt", tmp_path / "layer")


def test_locking_takes_the_hashes_of_both_platforms(tmp_path: Path) -> None:
    wheels = [
        make_wheel(tmp_path / "wheels", tag=f"cp313-cp313-manylinux_2_28_{platform}")
        for platform in ("x86_64", "aarch64")
    ]
    make_wheel(tmp_path / "wheels", tag="cp313-cp313-macosx_14_0_arm64")
    source = requirements(tmp_path, "tiny_words>=1")
    write_layer_lock(source, tmp_path / "lock.txt", "3.13")
    text = (tmp_path / "lock.txt").read_text()
    found = re.findall(r"--hash=sha256:([0-9a-f]{64})", text)
    assert found == sorted(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    assert "tiny-words==1.0 \\\n" in text
    assert str(tmp_path) not in text


def test_locking_refuses_platforms_that_disagree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_wheel(tmp_path / "wheels", "1.0", "cp313-cp313-manylinux_2_28_x86_64")
    make_wheel(tmp_path / "wheels", "1.1", "cp313-cp313-manylinux_2_28_aarch64")
    source = requirements(tmp_path, "tiny_words>=1")
    assert main([str(source), str(tmp_path / "lock.txt")]) == 1
    assert "tiny-words: is 1.0 for one platform, 1.1 for aarch64" in capsys.readouterr().err
    assert not (tmp_path / "lock.txt").exists()


def test_the_report_survives_the_cache(tmp_path: Path, locked: Path) -> None:
    report = build_layer(LayerSource(locked, find=here), tmp_path / "cache")
    (written,) = (tmp_path / "cache").glob("layer-*/report.json")
    assert json.loads(written.read_bytes())["bytes"] == report.bytes
