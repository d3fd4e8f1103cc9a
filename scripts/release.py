"""Makes a release: `make release VERSION=x.y.z`, or `make release-check` to rehearse it.

    check    the tree is clean, the version is new, the changelog has entries
    build    in a clone: version and changelog set; wheel and sdist built, checked by twine, installed and used
    commit   here: the same edits, committed and tagged; a rehearsal leaves this out

A step that fails leaves the repository as it was. Nothing is pushed or uploaded.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

VERSION_LINES: Final = {
    "pyproject.toml": r'^version = "(.+)"$',
    "pilotlight/__init__.py": r'^__version__: Final = "(.+)"$',
    "layers/runtime/pilotlight_runtime/protocol/server_metadata.py": r'^SERVER_VERSION: Final = "(.+)"$',
}
"""Where the version is written."""
CHANGELOG: Final = "CHANGELOG.md"
_UNRELEASED: Final = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL)


class ReleaseError(Exception):
    """Why the release stops, and what to do."""


def release(root: Path, version: str | None, *, day: date, dry_run: bool, try_options: list[str]) -> None:
    """Releases the project in `root`.

    Args:
        root: The repository.
        version: The version to release; None takes the one that the project has.
        day: The date that the changelog gets.
        dry_run: Whether to leave out the commit and the tag.
        try_options: Options for scripts/try_wheel.py.

    Raises:
        ReleaseError: Where a condition isn't met.
        subprocess.CalledProcessError: Where a command fails.
    """
    wanted = version or current_version(root)
    check(root, wanted)
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "pilotlight"
        run("git", "clone", "--quiet", str(root), str(clone))
        prepare(clone, wanted, day)
        build(clone, root / "dist", try_options)
    if dry_run:
        print(f"Rehearsed: dist/ holds {wanted}. Nothing was committed or tagged.")
        return
    prepare(root, wanted, day)
    run("git", "commit", "--quiet", "--message", f"Release {wanted}", "--", *VERSION_LINES, CHANGELOG, cwd=root)
    run("git", "tag", "--annotate", "--message", f"Pilotlight {wanted}", f"v{wanted}", cwd=root)
    print(f"Released {wanted} here. Publish it: git push --follow-tags && twine upload dist/*")


def current_version(root: Path) -> str:
    """The version that every file of VERSION_LINES names; ReleaseError where they differ."""
    found = {name: _version_line(root / name, pattern)[1] for name, pattern in VERSION_LINES.items()}
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name}: {version}" for name, version in found.items())
        raise ReleaseError(f"the files name different versions ({listed}). Make them equal.")
    return next(iter(found.values()))


def check(root: Path, version: str) -> None:
    """ReleaseError unless `version` can be released from the tree in `root`."""
    try:
        newer = Version(version) >= Version(current_version(root)) and str(Version(version)) == version
    except InvalidVersion:
        newer = False
    if not newer:
        raise ReleaseError(f"{version!r} is no version in normal form from {current_version(root)} on, such as 1.2.0.")
    if output("git", "status", "--porcelain", cwd=root):
        raise ReleaseError("the tree has changes that are not committed. Commit or stash them.")
    if output("git", "tag", "--list", f"v{version}", cwd=root):
        raise ReleaseError(f"the tag v{version} exists. Choose the next version: make release VERSION=x.y.z")
    section = _UNRELEASED.search((root / CHANGELOG).read_text(encoding="utf-8"))
    if section is None or not section[1].strip():
        raise ReleaseError(f"{CHANGELOG} has nothing under [Unreleased]. Write down what changed.")


def prepare(root: Path, version: str, day: date) -> None:
    """Writes `version` into the files that name it, and moves the changelog's unreleased entries to it."""
    for name, pattern in VERSION_LINES.items():
        path = root / name
        line, old = _version_line(path, pattern)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(line, line.replace(f'"{old}"', f'"{version}"'), 1), encoding="utf-8")
    changelog = root / CHANGELOG
    text = changelog.read_text(encoding="utf-8")
    heading = f"## [Unreleased]\n\n## [{version}] - {day.isoformat()}\n"
    changelog.write_text(text.replace("## [Unreleased]\n", heading, 1), encoding="utf-8")


def build(root: Path, dist: Path, try_options: list[str]) -> None:
    """Builds wheel and sdist of `root` into `dist`, which is emptied first, and proves both."""
    shutil.rmtree(dist, ignore_errors=True)
    python = sys.executable
    run(
        python, "-m", "hatchling", "build", "--target", "sdist", "--target", "wheel", "--directory", str(dist), cwd=root
    )
    files = sorted(str(path) for path in dist.iterdir())
    run(python, "-m", "twine", "check", "--strict", *files)
    wheel = next(path for path in files if path.endswith(".whl"))
    run(python, "scripts/try_wheel.py", wheel, *try_options, cwd=root)


def run(*command: str, cwd: Path | None = None) -> None:
    """Runs a command, which is shown first, in `cwd`."""
    print("==>", " ".join(command), flush=True)
    subprocess.run(command, cwd=cwd, check=True)


def output(*command: str, cwd: Path) -> str:
    """What a command writes to stdout, without the line end."""
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _version_line(path: Path, pattern: str) -> tuple[str, str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ReleaseError(f"{path} has no line that matches {pattern}. Correct VERSION_LINES in scripts/release.py.")
    return found[0], found[1]


def main() -> None:
    """Parses the arguments and releases."""
    parser = argparse.ArgumentParser(description="Builds, proves, commits and tags a release.")
    parser.add_argument("version", nargs="?", help="the version to release; without it, the one that the project has")
    parser.add_argument("--dry-run", action="store_true", help="do everything but commit and tag")
    parser.add_argument("--dependencies", metavar="DIR", help="passed to scripts/try_wheel.py")
    arguments = parser.parse_args()
    options = ["--dependencies", arguments.dependencies] if arguments.dependencies else []
    day = datetime.now(UTC).date()
    try:
        release(Path.cwd(), arguments.version, day=day, dry_run=arguments.dry_run, try_options=options)
    except ReleaseError as error:
        sys.exit(f"release: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"release: stopped, since this failed: {' '.join(error.cmd)}")


if __name__ == "__main__":
    main()
