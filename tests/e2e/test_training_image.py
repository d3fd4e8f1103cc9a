"""The real Dockerfile, built and pushed by the command line; only its base is another."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from support.docker_batch import docker
from support.project import Desk
from support.training_image import TrainingImage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

LOCK = "infra/training-requirements-cpu.txt"


@pytest.fixture
def copy(training: TrainingImage, tmp_path: Path) -> Iterator[Desk]:
    """A copy of the project to change."""
    root = tmp_path / "copy"
    shutil.copytree(training.desk.root, root)
    yield Desk(root)
    for name in docker("images", "--format", "{{.Repository}}:{{.Tag}}", "pilotlight-training").split():
        if name == f"pilotlight-training:{Desk(root)('image', 'tag').out.strip()}" and name != training.built["image"]:
            docker("rmi", name)


def paragraph(text: str) -> str:
    """The last line of what a command said: its error."""
    return text.splitlines()[-1]


def test_the_tag_says_what_is_in_the_image(training: TrainingImage, registry: str) -> None:
    tag = training.desk("image", "tag").out.strip()
    assert re.fullmatch("[0-9a-f]{12}", tag)
    assert training.built["image"] == f"pilotlight-training:{tag}"
    assert training.image == f"{registry}/training:{tag}"
    assert requests.get(f"http://{registry}/v2/training/tags/list", timeout=10).json()["tags"] == [tag]


def test_building_again_makes_nothing_new(training: TrainingImage, training_base: str) -> None:
    identity = docker("image", "inspect", "--format", "{{.Id}}", training.built["image"])
    again = training.desk("image", "build", "--cpu", "--base", training_base, "--json")
    assert again.code == 0, again.err
    assert again.json == {**training.built, "new": False}
    assert docker("image", "inspect", "--format", "{{.Id}}", training.built["image"]) == identity


def test_a_tag_that_is_there_is_not_pushed_again(training: TrainingImage, registry: str) -> None:
    assert training.pushed["new"] is True
    again = training.desk("image", "push", "--repository", f"{registry}/training", "--json")
    assert again.code == 0, again.err
    assert again.json == {**training.pushed, "new": False}
    assert "is there already" in again.err


def test_a_changed_project_has_to_be_built_before_it_is_pushed(copy: Desk, registry: str) -> None:
    (copy.root / "shared.py").write_text("X = 1\n")
    ran = copy("image", "push", "--repository", f"{registry}/training")
    assert ran.code == 1
    assert "has not been built, or the project has changed since. Run `pilotlight image build`." in paragraph(ran.err)


def test_a_repository_that_cannot_be_reached_is_named(training: TrainingImage) -> None:
    ran = training.desk("image", "push", "--repository", "127.0.0.1:9/training")
    assert ran.code == 1
    assert re.search(r"error: 127\.0\.0\.1:9/training:\w{12}: `docker push` failed: .*refused", paragraph(ran.err))
    docker("rmi", f"127.0.0.1:9/training:{training.built['tag']}")


def test_a_base_that_is_not_there_is_named(copy: Desk, registry: str) -> None:
    (copy.root / "shared.py").write_text("X = 2\n")
    ran = copy("image", "build", "--base", f"{registry}/none:1")
    assert ran.code == 1
    assert re.search(r"`docker build` failed: .*manifest unknown", paragraph(ran.err))
    assert paragraph(ran.err).endswith("give another with --base.")


def test_a_package_that_is_not_the_locked_one_ends_the_build(copy: Desk, training_base: str) -> None:
    lock = copy.root / LOCK
    lock.write_text(re.sub(r"(absl-py==\S+ \\\n    --hash=sha256:)\w{8}", r"\g<1>00000000", lock.read_text()))
    ran = copy("image", "build", "--cpu", "--base", training_base)
    assert ran.code == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in paragraph(ran.err)
    assert "pilotlight.packaging.training_lock" in paragraph(ran.err)


def test_the_container_is_nobody_and_can_write_only_its_work(training: TrainingImage) -> None:
    code = """
import os, tempfile, pathlib
print(os.getuid(), os.getgid(), os.getcwd(), tempfile.gettempdir(), pathlib.Path.home())
tempfile.TemporaryFile().close()
pathlib.Path("scratch").write_text("x")
for place in ("/opt/pilotlight/pilotlight", "/opt/venv", "/usr", "/"):
    print(place, os.access(place, os.W_OK))
"""
    said = docker("run", "--rm", "--entrypoint", "python3", training.image, "-c", code)
    assert said.splitlines() == [
        "1000 1000 /home/trainer/project /home/trainer/tmp /home/trainer",
        "/opt/pilotlight/pilotlight False",
        "/opt/venv False",
        "/usr False",
        "/ False",
    ]


def test_all_that_trains_is_in_it_as_locked_and_compiled(training: TrainingImage) -> None:
    code = """
import importlib.metadata, pathlib, re
import pilotlight, pilotlight_runtime
locked = dict(re.findall(r"^(\\S+)==(\\S+) ", pathlib.Path("/opt/pilotlight/requirements.txt").read_text(), re.M))
found = {it.name.lower().replace("_", "-"): it.version for it in importlib.metadata.distributions()}
found.pop("pip")
print(found == locked)
print(pathlib.Path(pilotlight.__file__).parent, pathlib.Path(pilotlight_runtime.__file__).parent)
print(pathlib.Path(pilotlight.__cached__).is_file(), pathlib.Path(importlib.metadata.__cached__).is_file())
"""
    said = docker("run", "--rm", "--entrypoint", "python3", training.image, "-c", code)
    assert said.splitlines() == ["True", "/opt/pilotlight/pilotlight /opt/pilotlight/pilotlight_runtime", "True True"]


def test_the_project_is_in_it_without_what_is_ignored(training: TrainingImage) -> None:
    listed = docker(
        "run", "--rm", "--entrypoint", "find", training.image, "/home/trainer/project", "-type", "f"
    ).split()
    names = {name.removeprefix("/home/trainer/project/") for name in listed}
    assert {"functions/digits/train.py", "functions/raises/train.py", "template.yaml"} <= names
    assert not [name for name in names if name.startswith((".", "tests", "docs")) or name.endswith(".lock")]


def test_it_starts_as_the_training_run_and_nothing_of_lambda(training: TrainingImage) -> None:
    shown = docker("image", "inspect", "--format", "{{json .Config.Entrypoint}} {{json .Config.User}}", training.image)
    assert shown == '["python3","-m","pilotlight.training"] "1000:1000"'
