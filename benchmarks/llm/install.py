"""Puts each peer's packages into a folder of its own; what is there stays."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ServiceError

PEERS: Final = Path(__file__).parent / "peers"
CLIENT: Final = "awslambdaric==4.2.2"
_DONE: Final = ".done"
_BINARIES: Final = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}
_LLAMA: Final = "3.21.1"


def find_base_python(python: Path) -> Path:
    """The interpreter behind a virtual environment's: as bare as Lambda's, without the development packages."""
    return python.resolve()


def install_packages(name: str, into: Path, python: Path, *, install: bool) -> Path:
    """Installs the peer's requirements.txt, byte-compiled.

    Args:
        name: The peer's folder in peers/, or "client" for AWS's runtime client.
        into: The folder of all packages.
        python: Runs the peer.
        install: Whether what is missing may be downloaded.

    Raises:
        ServiceError: They are not there, or cannot be installed.
    """
    wanted = [CLIENT] if name == "client" else ["--requirement", str(PEERS / name / "requirements.txt")]
    folder = into / name
    if not (folder / _DONE).is_file():
        _require(name, install=install)
        shutil.rmtree(folder, ignore_errors=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        _run(name, [*command, str(folder), *wanted], into)
        (folder / _DONE).touch()
    return folder


def install_llama(into: Path, *, install: bool) -> Path:
    """Installs node-llama-cpp with its prebuilt llama.cpp for this machine's processor. No script of theirs runs.

    Args:
        into: The folder of all packages.
        install: Whether what is missing may be downloaded.

    Raises:
        ServiceError: node and npm are missing, or the packages cannot be installed.
    """
    folder = into / "llama"
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise ServiceError("llama.cpp", "needs node and npm", "Install nodejs and npm.")
    if not (folder / _DONE).is_file():
        _require("llama", install=install)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(PEERS / "llama" / "package.json", folder)
        binary = f"@node-llama-cpp/{_BINARIES[platform.machine()]}@{_LLAMA}"
        # Without the optional dependencies: they are the builds for all other machines, 700 MB.
        options = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run("llama.cpp", ["npm", "install", *options, binary], folder)
        (folder / _DONE).touch()
    shutil.copy(PEERS / "llama" / "measure.mjs", folder)
    return folder


def _require(name: str, *, install: bool) -> None:
    if not install:
        raise ServiceError(name, "its packages are not installed", "Run the command again with --install.")


def _run(name: str, command: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ServiceError(name, f"cannot be installed: {last}", "Check that the package registry can be reached.")
