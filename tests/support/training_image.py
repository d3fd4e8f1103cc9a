"""A project with models that train well and badly, and the image that it becomes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from support.docker_batch import docker
from support.project import Desk, new_project

BAD = {
    "raises": 'def train(data, run):\n    raise ValueError("the third layer is missing")\n',
    "nothing": "def train(data, run):\n    return None\n",
    "endless": "import time\n\n\ndef train(data, run):\n    while True:\n        time.sleep(1)\n",
}
"""What train.py of each of these models does in place of fitting."""


class TrainingImage(NamedTuple):
    """desk: the project. built, pushed: what the commands said. image: repository:tag, pulled from there."""

    desk: Desk
    built: Any
    pushed: Any
    image: str


def training_project(root: Path, repository: Path) -> Desk:
    """A new project with this repository's digits and one model for each of BAD."""
    root.mkdir(parents=True)
    desk = new_project(root)
    assert desk("new", "digits").code == 0
    leave = shutil.ignore_patterns("model.lock", "__pycache__")
    shutil.copytree(repository / "functions/digits", root / "functions/digits", ignore=leave, dirs_exist_ok=True)
    for name, code in BAD.items():
        assert desk("new", name, "--kind", "sklearn").code == 0
        train = root / "functions" / name / "train.py"
        head, _, _ = train.read_text().partition("def train(")
        train.write_text(head + code)
    return desk


def sent_image(desk: Desk, base: str, registry: str) -> TrainingImage:
    """Builds and pushes the project's image; the engine then forgets it and pulls it again."""
    with (desk.root / "pilotlight.toml").open("a") as settings:  # which image is meant, for `train --on batch` too
        settings.write(f'\n[image]\ncpu = true\nbase = "{base}"\n')
    built = desk("image", "build", "--json")
    assert built.code == 0, built.err
    pushed = desk("image", "push", "--repository", f"{registry}/training", "--json")
    assert pushed.code == 0, pushed.err
    image = pushed.json["image"]
    docker("rmi", image)
    docker("pull", "--quiet", image)
    return TrainingImage(desk, built.json, pushed.json, image)


def remove_images(registry: str) -> None:
    """Removes the names that end with the registry; layers stay, so that the next build finds them."""
    names = docker("images", "--format", "{{.Repository}}:{{.Tag}}", f"{registry}/*").split()
    names += docker("images", "--format", "{{.Repository}}:{{.Tag}}", "123456789012.dkr.ecr.*/*").split()
    if names:
        docker("rmi", "--force", *names)
