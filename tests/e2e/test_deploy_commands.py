"""The commands of SAM that infra/deploy.buildspec.yml uses, as the SAM CLI itself knows them."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.sam import Sam
from yaml import safe_load


@pytest.fixture
def used(request: pytest.FixtureRequest) -> dict[str, set[str]]:
    """The options of each command."""
    spec = safe_load((request.config.rootpath / "infra" / "deploy.buildspec.yml").read_text())
    lines = [shlex.split(command) for phase in spec["phases"].values() for command in phase["commands"]]
    return {
        words[1]: {word for word in words if word.startswith("--")} for words in lines if Path(words[0]).name == "sam"
    }


def test_every_option_exists(used: dict[str, set[str]], sam: Sam) -> None:
    assert set(used) == {"build", "deploy"}
    for command, options in used.items():
        said = subprocess.run([sam.program, command, "--help"], check=True, capture_output=True, text=True).stdout
        assert options <= set(re.findall(r"--[a-z0-9-]+", said)), command


def test_the_build_installs_the_version_that_is_tested_here(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    pinned = re.findall(r"aws-sam-cli==\S+", (root / "tests" / "e2e" / "sam-requirements.txt").read_text())
    assert re.findall(r"aws-sam-cli==\S+", (root / "infra" / "deploy.buildspec.yml").read_text()) == pinned
