"""`make release` on a copy of this repository: a real wheel is built, checked, installed and used."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SITE_PACKAGES = Path(np.__file__).parents[1]
IDENTITY = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "A releaser"), ("EMAIL", "releaser@example.com"))
}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | IDENTITY)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the working tree, changes that aren't committed included, as a repository of its own."""
    root = request.config.rootpath
    if not (root / ".git").exists():
        pytest.skip("the tree is no git checkout, so which files belong to it is not known")
    folder = tmp_path_factory.mktemp("original")
    for name in git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and os.path.lexists(root / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name, follow_symlinks=False)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


@pytest.fixture
def repository(original: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    git(original, "clone", "--quiet", str(original), str(folder))
    return folder


def release(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/release.py", "--dependencies", str(SITE_PACKAGES), *arguments]
    environ = os.environ | IDENTITY
    return subprocess.run(command, cwd=repository, env=environ, check=False, capture_output=True, text=True)


def dist(repository: Path) -> list[str]:
    return sorted(path.name for path in (repository / "dist").iterdir())


def test_a_release_is_built_used_committed_and_tagged(repository: Path) -> None:
    done = release(repository, "9.8.7")
    assert done.returncode == 0, done.stderr
    assert "pilotlight-9.8.7-py3-none-any.whl was installed and used" in done.stdout
    assert dist(repository) == ["pilotlight-9.8.7-py3-none-any.whl", "pilotlight-9.8.7.tar.gz"]
    assert git(repository, "log", "-1", "--format=%s") == "Release 9.8.7"
    assert git(repository, "cat-file", "-t", "v9.8.7") == "tag"
    assert git(repository, "rev-parse", "v9.8.7^{commit}") == git(repository, "rev-parse", "HEAD")
    assert git(repository, "status", "--porcelain") == ""
    assert '\nversion = "9.8.7"\n' in (repository / "pyproject.toml").read_text(encoding="utf-8")
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[Unreleased\]\n\n## \[9\.8\.7\] - \d{4}-\d\d-\d\d\n\n### ", changelog, re.MULTILINE)


def test_a_rehearsal_commits_nothing(repository: Path) -> None:
    before = git(repository, "rev-parse", "HEAD")
    done = release(repository, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert len(dist(repository)) == 2
    assert git(repository, "rev-parse", "HEAD") == before
    assert git(repository, "tag") == ""
    assert git(repository, "status", "--porcelain") == ""


def test_a_wheel_that_does_not_work_stops_the_release(repository: Path) -> None:
    (repository / "pilotlight" / "core" / "errors.py").write_text("raise RuntimeError\n", encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "Break it")
    done = release(repository, "9.8.7")
    assert done.returncode == 1
    assert "release: stopped, since this failed" in done.stderr
    assert git(repository, "log", "-1", "--format=%s") == "Break it"
    assert git(repository, "tag") == ""
    assert git(repository, "status", "--porcelain") == ""


def a_change(repository: Path) -> None:
    (repository / "README.md").write_text("# Changed\n", encoding="utf-8")


def a_tag(repository: Path) -> None:
    git(repository, "tag", "v9.8.7")


def no_entries(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n## [0.0.1]\n- One\n", encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "Empty the changelog")


def another_version(repository: Path) -> None:
    server = repository / "layers" / "runtime" / "pilotlight_runtime" / "protocol" / "server_metadata.py"
    text = server.read_text(encoding="utf-8")
    server.write_text(re.sub(r'(SERVER_VERSION: Final = ")[^"]+', r"\g<1>0.0.9", text), encoding="utf-8")


def nothing(repository: Path) -> None:
    assert repository.is_dir()


@pytest.mark.parametrize(
    ("before", "version", "message"),
    [
        (a_change, "9.8.7", "changes that are not committed"),
        (a_tag, "9.8.7", "the tag v9.8.7 exists"),
        (no_entries, "9.8.7", "nothing under [Unreleased]"),
        (another_version, "9.8.7", "the files name different versions"),
        (nothing, "0.0.1", "'0.0.1' is no version in normal form from "),
        (nothing, "9.8.7-final", "'9.8.7-final' is no version in normal form from "),
    ],
)
def test_what_stops_a_release_before_anything_is_built(
    before: Callable[[Path], None], version: str, message: str, repository: Path
) -> None:
    before(repository)
    done = release(repository, version)
    assert done.returncode == 1
    assert done.stderr.startswith("release: ")
    assert message in done.stderr
    assert not (repository / "dist").exists()


def test_the_files_of_this_repository_name_one_version(request: pytest.FixtureRequest) -> None:
    script: dict[str, Any] = runpy.run_path(str(request.config.rootpath / "scripts" / "release.py"))
    assert script["current_version"](request.config.rootpath)


def test_only_the_lines_that_name_the_version_change(original: Path, tmp_path: Path) -> None:
    script: dict[str, Any] = runpy.run_path(str(original / "scripts" / "release.py"))
    folder = tmp_path / "prepared"
    git(original, "clone", "--quiet", str(original), str(folder))
    script["prepare"](folder, "9.8.7", date(2026, 1, 2))
    changed = [line for line in git(folder, "diff", "--unified=0").splitlines() if re.match(r"\+(?!\+)", line)]
    assert sorted(changed) == sorted(
        [
            "+",
            '+version = "9.8.7"',
            '+__version__: Final = "9.8.7"',
            '+SERVER_VERSION: Final = "9.8.7"',
            "+## [9.8.7] - 2026-01-02",
        ]
    )
