"""The content of a folder, and the differences of two."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Final

Tree = dict[str, bytes]
"""Mode and content by path; a folder's path ends with a slash."""

TEMPORARY: Final = re.compile(r"(^|/)\.aside/|(^|/)\.[^/]+\.pilotlight-unfinished(/|$)")
"""Paths that are temporary: those of a store in a folder, and of files and folders that are being written."""
STORE_ASIDE: Final = re.compile(r"(^|/)\.aside/")
"""A store may be shared by machines that see no process of one another. It sweeps what is a day old."""


def restore(kept: Path, place: Path) -> None:
    """Make `place` a copy of `kept`."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(kept, place, symlinks=True)


def read_tree(root: Path) -> Tree:
    """Read a folder. What a training measures is left out of manifests, and their digests out of locks."""
    tree: Tree = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        mode = f"{path.lstat().st_mode:o} ".encode()
        if path.is_symlink():
            tree[name] = mode + str(path.readlink()).encode()
        elif path.is_dir():
            tree[f"{name}/"] = mode
        else:
            tree[name] = mode + _without_times(root, path)
    return tree


def without_temporary(tree: Tree, pattern: re.Pattern[str] = TEMPORARY) -> Tree:
    """Leave out what `pattern` finds."""
    return {name: content for name, content in tree.items() if not pattern.search(name)}


def differences(found: Tree, wanted: Tree) -> list[str]:
    """Name each path that is missing, or there without being wanted, or different."""
    return [
        f"{name} {'is missing' if name not in found else 'is left over' if name not in wanted else 'differs'}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]


def half_written(found: Tree, before: Tree, after: Tree) -> list[str]:
    """Name each file that has neither its old nor its new content. A missing file that was there is one too."""
    return [
        f"{name} is half-written"
        for name in sorted(found.keys() | before.keys())
        if not name.endswith("/") and found.get(name) not in (before.get(name), after.get(name))
    ]


def below(tree: Tree, folder: str) -> Tree:
    """What is in one folder of a tree."""
    return {name: content for name, content in tree.items() if name.startswith(f"{folder}/")}


def _without_times(root: Path, path: Path) -> bytes:
    content = path.read_bytes()
    if path.name == "manifest.json" and content.startswith(b"{"):
        try:
            document = json.loads(content)
        except ValueError:
            return content
        provenance = document.get("provenance", {})
        provenance.get("training", {}).pop("seconds", None)
        for name in ("run_ms_before", "run_ms_after"):
            provenance.get("quantization", {}).pop(name, None)
        return json.dumps(document).encode()
    if path.name == "model.lock":
        try:
            document = json.loads(content)
        except ValueError:
            return content
        manifests = list(root.glob(f"**/{path.parent.name}/{document['version']}/manifest.json"))
        digests = {hashlib.sha256(each.read_bytes()).hexdigest() for each in manifests}
        return f"{document['version']} {'right' if document['manifest_sha256'] in digests else 'WRONG'}".encode()
    return content
