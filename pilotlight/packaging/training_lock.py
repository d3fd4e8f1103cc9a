"""Writes the training image's hash locks: `python -m pilotlight.packaging.training_lock requirements.in [constraints]`.

The .in file names what train.py and the stages behind it import; pip resolves what those require. Two locks come of
it: requirements.txt with TensorFlow for GPUs, CUDA's libraries included, and requirements-cpu.txt with TensorFlow for
the CPU, its twin at the same version. They hold the sha256 of wheels for x86_64 and no address.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import UserError
from pilotlight.core.files import write_atomically
from pilotlight.packaging.wheels import platform_options, read_report, run_pip

PYTHON: Final = "3.13"
"""The version that infra/training.Dockerfile's base image has."""
GPU: Final = "tensorflow[and-cuda]"
CPU: Final = "tensorflow-cpu"
_ALONE: Final = "# alone"
_NO_DEPS: Final = "--no-deps"
_WHERE: Final = "the training image's packages"
_HINT: Final = "Loosen the pins that it names, and check that the package registry can be reached."
_HEADER: Final = """\
# The packages of the training image with TensorFlow for {device}, pinned by the sha256 of their wheels for x86_64.
# pilotlight.packaging.training_lock writes this file from {source}.
"""


def write_training_locks(source: Path, constraints: Path | None, python: str = PYTHON) -> list[Path]:
    """Writes the two locks beside `source`, a .in file, and gives their paths; PackagingError where pip cannot resolve.

    constraints: pins that both keep to, where there are any.
    """
    written = []
    text = source.read_text(encoding="utf-8")
    for device, suffix, tensorflow in (("GPUs", "", GPU), ("the CPU", "-cpu", CPU)):
        wanted = text.replace(GPU, tensorflow).splitlines()
        target = source.with_name(f"{source.stem}{suffix}.txt")
        lines = [
            f"{name}=={version} \\\n    --hash=sha256:{digest}"
            for name, version, digest in _resolved(wanted, constraints, python)
        ]
        header = _HEADER.format(device=device, source=source.name)
        write_atomically(target, (header + "\n".join(lines) + "\n").encode())
        written.append(target)
    return written


def _resolved(wanted: Iterable[str], constraints: Path | None, python: str) -> list[tuple[str, str, str]]:
    """Name, version and sha256 of each wheel. Lines marked "alone" are resolved without what they require.

    Lines that begin with a dash are pip's options, and hold for all.
    """
    lines = list(wanted)
    alone = [line for line in lines if _ALONE in line or line.startswith("-")]
    whole = [line for line in lines if _ALONE not in line]
    options = platform_options(python, "x86_64")
    found = _report(alone, options, constraints)
    found += _report(whole, [option for option in options if option != _NO_DEPS], constraints)
    return sorted(found)


def _report(wanted: list[str], options: list[str], constraints: Path | None) -> list[tuple[str, str, str]]:
    pins = [] if constraints is None else ["--constraint", str(constraints)]
    with temporary_folder() as place:
        requirements = place / "requirements.in"
        requirements.write_text("\n".join(wanted), encoding="utf-8")
        dry = ["--dry-run", "--ignore-installed", "--report", "-", "--target", str(place)]
        printed = run_pip(
            "install", *options, *dry, *pins, "--requirement", str(requirements), where=_WHERE, hint=_HINT
        )
    return read_report(printed)


def main(arguments: list[str]) -> int:
    """Writes the locks of the .in file that is named; 1 with one line on stderr where it cannot."""
    try:
        source, *constraints = map(Path, arguments)
        write_training_locks(source, constraints[0] if constraints else None)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
