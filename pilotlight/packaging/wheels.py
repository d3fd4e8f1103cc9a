"""Installs pinned wheels for Lambda's platform, whatever this machine is; no Docker, nothing is built from source."""

import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.documents import Limits, parse_json
from pilotlight.core.errors import PackagingError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.outside import MEBIBYTE

_GLIBC: Final = ("2_34", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")
"""Wheels for these versions of glibc run on Amazon Linux 2023, which has 2.34 (PEP 600)."""

_LEGACY: Final = ("manylinux2014", "manylinux2010", "manylinux1")

_REPORT_LIMITS: Final = Limits(bytes=64 * MEBIBYTE)
"""pip's report holds the metadata of each package, its description included."""

ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
"""The processors of Lambda, and what wheels call them."""

LAYER: Final = "the layer's packages"
REACHABLE: Final = "Check that the package registry can be reached and that `python -m pip` works, then run it again."


def find_platform(architecture: str) -> str:
    """Return what wheels call a processor of Lambda.

    Args:
        architecture: "x86_64" or "arm64", as template.yaml names it.

    Raises:
        PackagingError: Lambda has no such processor.
    """
    try:
        return ARCHITECTURES[architecture]
    except KeyError:
        what = f"is none of Lambda's, which are {' and '.join(ARCHITECTURES)}"
        raise PackagingError(f"architecture {architecture!r}", what, "Name one of these.") from None


def platform_options(python: str, platform: str) -> list[str]:
    """Return pip's options for wheels for Lambda.

    Args:
        python: The version of CPython, such as "3.13".
        platform: The processor, "x86_64" or "aarch64".
    """
    tags = [*(f"manylinux_{glibc}" for glibc in _GLIBC), *_LEGACY]
    named = [option for tag in tags for option in ("--platform", f"{tag}_{platform}")]
    return [*named, "--python-version", python, "--implementation", "cp", "--only-binary=:all:", "--no-deps"]


class WheelRequest(NamedTuple):
    """Which wheels to install.

    Attributes:
        requirements: The file that names them.
        python: See platform_options.
        platform: See platform_options.
    """

    requirements: Path
    python: str
    platform: str


def install_wheels(
    wanted: WheelRequest, into: Path, *, hashes: bool = True, where: str = LAYER, hint: str = REACHABLE
) -> None:
    """Unpack wheels into a folder.

    Args:
        wanted: The wheels.
        into: The folder.
        hashes: Whether pip refuses a wheel without a hash.
        where: What the packages are, for the error.
        hint: What to do next, for the error.

    Raises:
        PackagingError: The file is missing, or pip fails; the message is pip's.
    """
    if not wanted.requirements.is_file():
        raise PackagingError(
            str(wanted.requirements), "is missing", "Restore it, or run `make lock` to write it from requirements.in."
        )
    options = [*platform_options(wanted.python, wanted.platform), "--no-compile", "--target", str(into)]
    if hashes:
        options.append("--require-hashes")
    run_pip("install", *options, "--requirement", str(wanted.requirements), where=where, hint=hint)


def run_pip(*arguments: str, where: str = LAYER, hint: str = REACHABLE) -> str:
    """Run pip and return what it prints on stdout.

    Raises:
        PackagingError: pip fails; the message is pip's.
    """
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        problems = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR")]
        problem = " ".join(problems or done.stderr.split()[-40:])
        raise PackagingError(where, f"cannot be installed: {problem.rstrip('.')}", hint)
    return done.stdout


def read_report(printed: str) -> list[tuple[str, str, str]]:
    """Return name, version and sha256 of each wheel in the output of `pip install --report` ("Installation Report")."""
    try:
        return [
            (
                item["metadata"]["name"].lower().replace("_", "-"),
                item["metadata"]["version"],
                item["download_info"]["archive_info"]["hashes"]["sha256"],
            )
            for item in parse_json(printed, _REPORT_LIMITS)["install"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"printed no report on the packages ({kind_and_first_line(error)})"
        raise PackagingError("`python -m pip`", what, "Install the newest pip, then run it again.") from error
