"""Writes the layer's hash lock: `python -m pilotlight.packaging.locking requirements.in requirements.txt`.

The .in file names every package of the layer, those that others need included, because the layer leaves out much of
what its packages ask for. pip chooses the wheels for each platform that Lambda has; the lock holds their sha256 and no
address, so that any mirror may serve them.
"""

import sys
from pathlib import Path
from typing import Final

from pilotlight.core.errors import PackagingError, UserError
from pilotlight.core.files import write_atomically
from pilotlight.packaging.wheels import platform_options, read_report, run_pip

PLATFORMS: Final = ("x86_64", "aarch64")
_HEADER: Final = """\
# Packages for Lambda, pinned by the sha256 of their wheels for each platform.
# `make lock` writes this file from {source}.
"""


def write_layer_lock(source: Path, target: Path, python: str) -> None:
    """Resolves `source` for each platform and writes the lock `target`; PackagingError where they do not agree."""
    versions: dict[str, str] = {}
    hashes: dict[str, set[str]] = {}
    for platform in PLATFORMS:
        for name, version, sha256 in _resolved(source, python, platform):
            if versions.setdefault(name, version) != version:
                raise PackagingError(
                    name, f"is {versions[name]} for one platform, {version} for {platform}", f"Pin it in {source.name}."
                )
            hashes.setdefault(name, set()).add(sha256)
    blocks = [
        " \\\n    ".join([f"{name}=={versions[name]}", *(f"--hash=sha256:{digest}" for digest in sorted(hashes[name]))])
        for name in sorted(versions)
    ]
    write_atomically(target, (_HEADER.format(source=source.name) + "\n".join(blocks) + "\n").encode())


def _resolved(source: Path, python: str, platform: str) -> list[tuple[str, str, str]]:
    options = [*platform_options(python, platform), "--dry-run", "--ignore-installed", "--report", "-"]
    # --target is required with --platform; a dry run writes nothing there.
    report = run_pip("install", *options, "--target", ".", "--requirement", str(source))
    return read_report(report)


def main(arguments: list[str]) -> int:
    """Writes the lock that the two arguments name; 1 with one line on stderr where it cannot."""
    try:
        source, target = arguments
        write_layer_lock(Path(source), Path(target), "3.13")
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
