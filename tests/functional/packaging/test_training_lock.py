"""The training image's locks from wheels made here: pip is real, no registry is asked."""

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from pilotlight.packaging.training_lock import main

pytestmark = pytest.mark.functional


def make_wheel(folder: Path, name: str, requires: str = "", extra: str = "") -> str:
    """A wheel of version 1.0; its sha256. requires: what it needs, only with `extra` where one is named."""
    folder.mkdir(exist_ok=True)
    stem = name.replace("-", "_")
    about = f"{stem}-1.0.dist-info"
    marker = f'; extra == "{extra}"' if extra else ""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Provides-Extra: {extra}"] if extra else []
    lines += [f"Requires-Dist: {requires}{marker}"] if requires else []
    path = folder / f"{stem}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{stem}.py", "")
        wheel.writestr(f"{about}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\S+==\S+) \\\n    --hash=sha256:(\w{64})$", path.read_text(), re.MULTILINE))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "training-requirements.in"
    wheels = tmp_path / "wheels"
    path.write_text(
        f"--no-index\n--find-links {wheels}\nwords  # alone: no wheel of what it needs\ntensorflow[and-cuda]\n"
    )
    return path


def test_one_lock_has_cuda_and_the_other_tensorflow_for_the_cpu(source: Path, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    words = make_wheel(wheels, "words", "only-an-sdist")
    gpu, cuda = make_wheel(wheels, "tensorflow", "nvidia-cuda", "and-cuda"), make_wheel(wheels, "nvidia-cuda")
    cpu, needed = make_wheel(wheels, "tensorflow-cpu", "numbers-needed"), make_wheel(wheels, "numbers-needed")
    assert main([str(source)]) == 0
    assert pins(tmp_path / "training-requirements.txt") == {
        "nvidia-cuda==1.0": cuda,
        "tensorflow==1.0": gpu,
        "words==1.0": words,
    }
    assert pins(tmp_path / "training-requirements-cpu.txt") == {
        "numbers-needed==1.0": needed,
        "tensorflow-cpu==1.0": cpu,
        "words==1.0": words,
    }


def test_it_names_no_address(source: Path, tmp_path: Path) -> None:
    for name in ("words", "tensorflow", "nvidia-cuda", "tensorflow-cpu"):
        make_wheel(tmp_path / "wheels", name)
    assert main([str(source)]) == 0
    for lock in tmp_path.glob("*.txt"):
        assert "//" not in lock.read_text()
        assert str(tmp_path) not in lock.read_text()


def test_constraints_hold_and_what_contradicts_them_is_one_line(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("words", "tensorflow", "nvidia-cuda", "tensorflow-cpu"):
        make_wheel(tmp_path / "wheels", name)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("tensorflow==2.0\n")
    assert main([str(source), str(constraints)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("the training image's packages: cannot be installed: ")
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("training-requirements*.txt"))


SCAFFOLD = "pilotlight/scaffold/files/infra"


@pytest.mark.parametrize("folder", ["infra", SCAFFOLD])
def test_the_committed_locks_agree_but_for_tensorflow(request: pytest.FixtureRequest, folder: str) -> None:
    infra = request.config.rootpath / folder
    gpu, cpu = pins(infra / "training-requirements.txt"), pins(infra / "training-requirements-cpu.txt")
    differing = {name.partition("==")[0] for name in set(gpu) ^ set(cpu)}
    assert {"tensorflow", "tensorflow-cpu"} <= differing
    assert all(name.startswith(("tensorflow", "nvidia-")) for name in differing), differing
    assert gpu.items() >= {name: digest for name, digest in cpu.items() if not name.startswith("tensorflow")}.items()
    (version,) = {name.partition("==")[2] for name in gpu if name.startswith("tensorflow==")}
    assert f"tensorflow-cpu=={version}" in cpu


@pytest.mark.parametrize("suffix", ["", "-cpu"])
def test_a_new_projects_lock_is_ours_without_what_only_reference_models_need(
    request: pytest.FixtureRequest, suffix: str
) -> None:
    ours, theirs = (
        pins(request.config.rootpath / folder / f"training-requirements{suffix}.txt") for folder in ("infra", SCAFFOLD)
    )
    assert ours.items() > theirs.items()
    only_ours = {pin.partition("==")[0] for pin in ours.keys() - theirs.keys()}
    assert only_ours >= {"django", "num2words", "sacrebleu"}
    named = {name for folder in ("infra", SCAFFOLD) for name in requirements(request.config.rootpath / folder)}
    assert not only_ours & named - {"django", "num2words", "sacrebleu"}


def requirements(folder: Path) -> set[str]:
    """The packages that the .in file in `folder` names."""
    lines = (folder / "training-requirements.in").read_text().splitlines()
    return {re.split(r"[\[ ]", line)[0] for line in lines if line and not line.startswith("#")}


def test_a_new_projects_list_is_ours_without_what_only_reference_models_need(request: pytest.FixtureRequest) -> None:
    ours, theirs = (requirements(request.config.rootpath / folder) for folder in ("infra", SCAFFOLD))
    assert ours - theirs == {"django", "num2words", "sacrebleu"}
    assert theirs < ours
