"""When tests/e2e/lambda_base/build.sh builds the stand-in for Lambda's base image again.

`docker` is a program that logs how it is called.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

BASE = Path(__file__).parents[2] / "e2e" / "lambda_base"
DIGEST = hashlib.sha256(b"".join((BASE / name).read_bytes() for name in ("build.sh", "bootstrap", "bootstrap.py")))
DOCKER = """#!/bin/sh
echo "$1" >>"$LOG"
[ "$1" = image ] || exit 0 # a pull succeeds, so nothing is built
[ -n "$PRESENT" ] || exit 1
case "$*" in
*Labels*) echo "$LABEL" ;;
*Comment*) echo "$COMMENT" ;;
esac
"""


def calls(folder: Path, image: dict[str, str]) -> list[str]:
    """The docker commands that build.sh runs. image: what `docker image inspect` says."""
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    environ = {"PRESENT": "", "LABEL": "", "COMMENT": "", **image, "LOG": str(folder / "log")}
    environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    subprocess.run(["bash", BASE / "build.sh"], env=environ, check=True, capture_output=True)
    return sorted(set((folder / "log").read_text().split()))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ({}, ["image", "pull"]),
        ({"PRESENT": "1", "LABEL": DIGEST.hexdigest(), "COMMENT": "Imported from -"}, ["image"]),
        ({"PRESENT": "1", "LABEL": "0" * 64, "COMMENT": "Imported from -"}, ["image", "pull"]),
        ({"PRESENT": "1", "COMMENT": "Imported from -"}, ["image", "pull"]),
        ({"PRESENT": "1"}, ["image"]),
    ],
    ids=["no image", "this stand-in", "another stand-in", "a stand-in without a label", "AWS's image"],
)
def test_only_a_missing_or_an_older_stand_in_is_made(tmp_path: Path, image: dict[str, str], wanted: list[str]) -> None:
    assert calls(tmp_path, image) == wanted
