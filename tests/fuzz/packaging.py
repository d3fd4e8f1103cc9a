"""Makes the functions under test: each graph is imported or trained, published, pinned and packaged as a user does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from support.project import Desk, new_project

from fuzz.targets import CATALOG, Target
from pilotlight.core.project import find_project
from pilotlight.packaging import Compiler, package_catalog, package_function
from pilotlight.store import FolderBlobs, Store

_COMPILER = Compiler((sys.executable,), "the Python that runs the fuzzer")


class Packaged(NamedTuple):
    """A packaged function: its folder, and the version that its answers name."""

    target: Target
    folder: str
    version: str


def package_targets(root: Path, targets: Iterable[Target]) -> dict[str, Packaged]:
    """Packages targets.

    Args:
        root: An empty folder.
        targets: What to package.

    Returns:
        The packaged functions by name.
    """
    (root / "project").mkdir(parents=True)
    desk = new_project(root / "project")
    found = {}
    for target in targets:
        into = root / "packaged" / target.name
        version = "" if target.name == CATALOG else _publish(desk, target)
        _package(desk.root, target.name, into)
        found[target.name] = Packaged(target, str(into), version)
    return found


def _publish(desk: Desk, target: Target) -> str:
    folder = desk.root / "functions" / target.name
    if target.files:
        folder.mkdir(parents=True)
    for name, text in target.files.items():
        (folder / name).write_text(text)
    if target.files and "model.toml" not in target.files:
        (folder / "model.toml").write_text('kind = "onnx"\n')
    if target.graph is not None:
        return desk.imported(target.name, target.graph)
    ran = desk("train", target.name, "--json")
    if ran.code != 0:
        raise RuntimeError(f"pilotlight train {target.name} failed: {ran.err}")
    version: str = ran.json["version"]
    return version


def _package(root: Path, name: str, into: Path) -> None:
    project = find_project(root, {})
    store = Store(FolderBlobs(root / "the-store"))
    if name == CATALOG:
        package_catalog(project.functions / name, project.read_locks(), store, into, compiler=_COMPILER)
    else:
        package_function(name, project.folder(name), store, project.read_lock(name), into, compiler=_COMPILER)
