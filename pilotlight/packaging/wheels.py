"""Installs locked wheels for Lambda's platform, whatever this machine is; no Docker, nothing is built from source."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from pilotlight.core.errors import PackagingError

_GLIBC: Final = ("2_34", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")
"""Wheels for these versions of glibc run on Amazon Linux 2023, which has 2.34 (PEP 600)."""

_LEGACY: Final = ("manylinux2014", "manylinux2010", "manylinux1")


def platform_options(python: str, platform: str) -> list[str]:
    """Pip's options for wheels of CPython `python` ("3.13") on Lambda's `platform` ("x86_64" or "aarch64")."""
    tags = [*(f"manylinux_{glibc}" for glibc in _GLIBC), *_LEGACY]
    named = [option for tag in tags for option in ("--platform", f"{tag}_{platform}")]
    return [*named, "--python-version", python, "--implementation", "cp", "--only-binary=:all:", "--no-deps"]


def install_wheels(requirements: Path, into: Path, python: str, platform: str) -> None:
    """Unpacks what the hash lock `requirements` names into `into`; PackagingError says what pip said."""
    if not requirements.is_file():
        raise PackagingError(
            str(requirements), "is missing", "Restore it, or run `make lock` to write it from requirements.in."
        )
    options = [*platform_options(python, platform), "--require-hashes", "--no-compile", "--target", str(into)]
    run_pip("install", *options, "--requirement", str(requirements))


def run_pip(*arguments: str) -> str:
    """What pip prints on stdout; PackagingError with its own errors where it fails."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        problems = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR")]
        problem = " ".join(problems or done.stderr.split()[-40:])
        raise PackagingError(
            "the layer's packages",
            f"cannot be installed: {problem.rstrip('.')}",
            "Check that the package registry can be reached and that `python -m pip` works, then run it again.",
        )
    return done.stdout
