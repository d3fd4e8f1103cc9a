"""The wheel carries what a new project is made of: links of this repository are files there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=request.config.rootpath, check=True, capture_output=True)
    return next(folder.glob("pilotlight-*.whl"))


def test_holds_the_runtime_and_every_file_of_the_scaffold(wheel: Path, request: pytest.FixtureRequest) -> None:
    scaffold = request.config.rootpath / "pilotlight" / "scaffold"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for path in sorted(scaffold.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = f"pilotlight/scaffold/{path.relative_to(scaffold)}"
                assert archive.read(name) == path.read_bytes(), name
    assert {"pilotlight_runtime/handler.py", "pilotlight/cli/__init__.py", "pilotlight/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "functions/", "layers/"))]


def test_its_command_makes_a_project_from_the_unpacked_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import pilotlight; print(pilotlight.__file__); "
        f"from pathlib import Path; from pilotlight.scaffold import init_project; "
        f"init_project(Path({str(tmp_path / 'project')!r}))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith(str(tmp_path))
    assert (tmp_path / "project" / "layers" / "runtime" / "requirements.txt").stat().st_size > 0


def test_a_layer_of_the_unpacked_wheel_has_its_start_file(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "requirements.txt").write_text("")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from pathlib import Path; "
        f"import pilotlight; print(pilotlight.__file__); from pilotlight.packaging import package_layer; "
        f"package_layer(Path({str(tmp_path / 'requirements.txt')!r}), Path({str(tmp_path / 'layer')!r}), "
        f"find=lambda _: None)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith(str(tmp_path))
    start = tmp_path / "layer" / "pilotlight-start"
    assert start.stat().st_mode & 0o777 == 0o755
    assert start.read_text().startswith("#!/bin/sh")


REFERENCE_ONLY = ("django", "num2words", "sacrebleu")


def test_only_the_extras_of_developers_install_what_only_reference_models_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    assert [line for line in required if line.startswith("Requires-Dist: keras") and "extra == 'train'" in line]
    found = [line for line in required if line.startswith(tuple(f"Requires-Dist: {each}" for each in REFERENCE_ONLY))]
    assert {line.rpartition("; ")[2] for line in found} == {"extra == 'dev'", "extra == 'test'"}


def test_its_public_names_need_none_of_that(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        f"sys.modules.update(dict.fromkeys({REFERENCE_ONLY}))\n"  # as where they are not installed
        "import pilotlight; print(pilotlight.__file__, len([getattr(pilotlight, name) for name in pilotlight.__all__]))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith(str(tmp_path))
    assert int(ran.stdout.split()[-1]) > 50
