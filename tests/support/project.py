"""A temporary project with one imported model, and the command line on it, in this process."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pilotlight.cli.app import run
from pilotlight.cli.invocation import Invocation
from pilotlight.core.project import Project, find_project
from support.onnx_models import add_model, save


class Ran(NamedTuple):
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as exactly one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Desk:
    """A folder to run commands in, with a store of its own."""

    root: Path

    def __call__(self, *argv: str, **variables: str) -> Ran:
        """Runs `pilotlight ARGV` here."""
        out, err = io.StringIO(), io.StringIO()
        environ = {"PILOTLIGHT_STORE": str(self.root / "the-store"), **variables}
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv, Invocation(self.root, environ))
        return Ran(code, out.getvalue(), err.getvalue())

    def list_models(self) -> list[str]:
        """The models here."""
        return find_project(self.root, {}).list_models()

    def kind(self, model: str) -> str:
        """The kind of a model, as its model.toml says."""
        return find_project(self.root, {}).read_config(model).kind

    def imported(self, name: str = "adder", model: bytes | None = None) -> str:
        """Imports a tiny model and gives its version."""
        file = save(model or add_model(), self.root / f"{name}.onnx")
        ran = self("import", str(file), "--name", name, "--json")
        assert ran.code == 0, ran.err
        version = ran.json["version"]
        assert isinstance(version, str)
        return version


def new_project(root: Path) -> Desk:
    """A fresh project in `root`."""
    ran = Desk(root)("init", ".")
    assert ran.code == 0, ran.err
    return Desk(root)


def write_model(project: Project, name: str, files: Mapping[str, str]) -> Path:
    """Writes the files of the model `name`, text by name, and gives its folder."""
    folder = project.folder(name)
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(text)
    return folder


def edit_model(project: Project, file: str, before: str, after: str, model: str = "tiny") -> None:
    """Replaces text in a file of the model, which has to be there."""
    path = project.folder(model) / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def write_features(path: Path) -> None:
    """Data to learn from: four features, and a label that the first three decide; 300 samples and 200 held out."""
    x = np.random.default_rng(5).normal(size=(500, 4)).astype(np.float32)
    y = np.argmax(x[:, :3], axis=1)
    np.savez(path, x_train=x[:300], y_train=y[:300], x_test=x[300:], y_test=y[300:])
