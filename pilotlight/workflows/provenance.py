"""The origin of a version, for its manifest."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

from pilotlight.core.clock import Clock, format_timestamp
from pilotlight.core.lock import LOCK_NAME
from pilotlight_runtime.manifest import Json

_ALWAYS: Final = ("pilotlight", "numpy", "onnx", "onnxruntime")


def describe_origin(root: Path, clock: Clock, tools: Iterable[str], facts: Json) -> Json:
    """Return the commit of the project, the versions of tools, the time, and the facts of the stages.

    Args:
        root: The root of the project.
        clock: The time of day.
        tools: The distributions whose versions are recorded, beside those of every version.
        facts: The facts of the stages.
    """
    return {
        "created": format_timestamp(clock()),
        "commit": read_commit(root),
        "tools": {"python": platform.python_version(), **read_versions((*_ALWAYS, *tools))},
        **facts,
    }


def read_commit(root: Path) -> str:
    """Return the commit of the git work tree, with -dirty where files differ.

    Lock files do not count, since each training writes one.

    Args:
        root: The folder of the work tree.

    Returns:
        The commit; "" where there is none.
    """
    head = _git(root, "rev-parse", "HEAD")
    if not head:
        return ""
    changed = _git(root, "status", "--porcelain", "--", ".", f":(exclude,glob)**/{LOCK_NAME}")
    return f"{head}-dirty" if changed else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:  # git is not installed
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def read_versions(distributions: Iterable[str]) -> dict[str, str]:
    """Return the version of each distribution that is installed.

    Args:
        distributions: The names of distributions.
    """
    installed = {name: _version(name) for name in dict.fromkeys(distributions)}
    return {name: version for name, version in installed.items() if version}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # an optional tool, or one of several packagings of it
        return ""
