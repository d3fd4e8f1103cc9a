"""What starts the pipeline, and the build that deploys, as infra/pipeline.yaml makes them in moto."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.pipeline_stack import BUCKET, Stacks, client
from support.templates import read_template
from typer.main import get_command
from yaml import safe_load

from pilotlight.cli.app import app


@pytest.fixture
def buildspec(request: pytest.FixtureRequest) -> dict[str, Any]:
    content: dict[str, Any] = safe_load((request.config.rootpath / "infra" / "deploy.buildspec.yml").read_text())
    return content


def commands(buildspec: dict[str, Any]) -> list[str]:
    return [command for phase in buildspec["phases"].values() for command in phase["commands"]]


@pytest.mark.usefixtures("stacks")
def test_nothing_starts_it_by_itself_unless_asked_to() -> None:
    assert client("events").list_rules()["Rules"] == []


def test_the_build_is_given_every_variable_that_its_commands_use(stacks: Stacks, buildspec: dict[str, Any]) -> None:
    (project,) = client("codebuild").batch_get_projects(names=[stacks.ids["Project"]])["projects"]
    assert project["source"]["buildspec"] == "infra/deploy.buildspec.yml"
    given = {it["name"]: it["value"] for it in project["environment"]["environmentVariables"]}
    assert given["MODEL"] == "digits"
    assert given["PILOTLIGHT_STORE"] == f"s3://{BUCKET}/models"
    used = {word for command in commands(buildspec) for word in variables(command) - assigned(command)}
    assert used <= {*given, "VERSION"}  # VERSION is the state machine's to say


def assigned(command: str) -> set[str]:
    """The names of the variables that a command sets itself."""
    return set(re.findall(r"^\s*(\w+)=", command, re.MULTILINE))


def variables(command: str) -> set[str]:
    """The names of the variables in a command."""
    return {part.split("}")[0] for part in map(leading_name, command.split("$")[1:]) if part}


def leading_name(text: str) -> str:
    text = text.removeprefix("{")
    end = next((at for at, letter in enumerate(text) if not (letter.isalnum() or letter == "_")), len(text))
    return text[:end]


def test_every_command_of_the_build_is_one_that_a_shell_reads(buildspec: dict[str, Any]) -> None:
    assert commands(buildspec)
    for command in commands(buildspec):
        read = subprocess.run(["bash", "-n", "-c", command], check=False, capture_output=True, text=True)
        assert read.returncode == 0, read.stderr


def test_the_commands_of_pilotlight_that_the_build_uses_exist(buildspec: dict[str, Any]) -> None:
    known = get_command(app).commands  # type: ignore[attr-defined]
    used = [words[1] for words in map(shlex.split, commands(buildspec)) if Path(words[0]).name == "pilotlight"]
    assert used == ["pin"]
    assert set(used) <= set(known)


def test_a_command_of_several_lines_ends_at_the_first_that_fails(buildspec: dict[str, Any]) -> None:
    several = [command for command in commands(buildspec) if "\n" in command.strip()]
    assert several
    for command in several:
        assert command.startswith("set -e\n"), command


def test_the_pin_is_pushed_only_after_the_deployment(buildspec: dict[str, Any]) -> None:
    (deployed,) = [at for at, command in enumerate(commands(buildspec)) if "sam deploy" in command]
    (pushed,) = [at for at, command in enumerate(commands(buildspec)) if "git push" in command]
    assert deployed < pushed


class Clone:
    """A clone at a detached commit, as CodeBuild's are, in which the pin was moved."""

    lock = "functions/digits/model.lock"

    def __init__(self, place: Path) -> None:
        self.origin, self.folder, self._home = place / "origin.git", place / "clone", place
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin), at=place)
        self.git("clone", "--quiet", str(self.origin), str(self.folder), at=place)
        (self.folder / self.lock).parent.mkdir(parents=True)
        self.commit(self.lock, "version = 1\n", "first")
        self.git("checkout", "--quiet", "--detach")
        (self.folder / self.lock).write_text("version = 2\n")

    def git(self, *words: str, at: Path | None = None) -> str:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
        done = subprocess.run(["git", *who, *words], cwd=at or self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, name: str, content: str, message: str) -> None:
        """A commit on the branch."""
        (self.folder / name).write_text(content)
        self.git("add", name)
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", "HEAD:refs/heads/main")

    def hook(self, folder: Path, name: str) -> None:
        """From now on this hook of git's refuses."""
        path = folder / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)

    def run(self, step: str, push: str = "on") -> subprocess.CompletedProcess[str]:
        """The step as CodeBuild runs it: by sh, which doesn't end at a line that fails."""
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(self._home), "PUSH_PIN": push, "BRANCH": "main"}
        environ |= {"MODEL": "digits", "VERSION": "5be1f0c2a7d4"}
        return subprocess.run(
            ["sh", "-c", step], cwd=self.folder, env=environ, check=False, capture_output=True, text=True
        )

    @property
    def log(self) -> list[str]:
        return self.git("log", "--format=%s", "main", at=self.origin).splitlines()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.fixture
def step(buildspec: dict[str, Any]) -> str:
    (found,) = [command for command in commands(buildspec) if "git push" in command]
    return found


@pytest.mark.parametrize("push", ["on", "off"])
def test_the_pin_is_pushed_to_the_branch_where_asked_to(clone: Clone, step: str, push: str) -> None:
    for _ in range(2):  # the second time there is nothing to commit
        done = clone.run(step, push)
        assert done.returncode == 0, done.stderr
    assert clone.log == (["Deploy digits@5be1f0c2a7d4", "first"] if push == "on" else ["first"])


def test_the_pin_goes_on_top_of_what_others_pushed_meanwhile(clone: Clone, step: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    clone.git("clone", "--quiet", str(clone.origin), str(other), at=tmp_path)
    (other / "README.md").write_text("new\n")
    clone.git("add", ".", at=other)
    clone.git("commit", "--quiet", "--message", "second", at=other)
    clone.git("push", "--quiet", "origin", "HEAD:refs/heads/main", at=other)
    done = clone.run(step)
    assert done.returncode == 0, done.stderr
    assert clone.log == ["Deploy digits@5be1f0c2a7d4", "second", "first"]
    assert clone.git("show", f"main:{clone.lock}", at=clone.origin) == "version = 2"


def test_a_branch_that_takes_no_push_is_told_with_what_to_do(clone: Clone, step: str) -> None:
    clone.hook(clone.origin, "pre-receive")
    done = clone.run(step)
    assert done.returncode == 1
    assert "digits@5be1f0c2a7d4 is deployed, but the pin could not be pushed to main" in done.stderr
    assert "pilotlight pin digits@5be1f0c2a7d4" in done.stderr
    assert clone.log == ["first"]


def test_a_commit_that_fails_is_not_passed_over(clone: Clone, step: str) -> None:
    clone.hook(clone.folder / ".git", "pre-commit")
    assert clone.run(step).returncode == 1
    assert clone.log == ["first"]


@pytest.mark.parametrize(
    ("parameter", "taken", "refused"),
    [
        (
            "TrainingJobDefinition",
            ["pilotlight-dev-training:7"],
            ["pilotlight-dev-training", "pilotlight-dev-training:", "pilotlight-dev-training:latest"],
        ),
        (
            "PilotlightPackage",
            ["pilotlight[aws]==0.1.0", ".[aws]"],
            ["pilotlight[aws]", "pilotlight[aws]>=0.1", "pilotlight", ""],
        ),
    ],
)
def test_what_it_trains_and_builds_with_is_said_to_the_version(
    request: pytest.FixtureRequest, parameter: str, taken: list[str], refused: list[str]
) -> None:
    """CloudFormation holds a parameter to its pattern as a whole; moto doesn't."""
    given = read_template(request.config.rootpath / "infra" / "pipeline.yaml")["Parameters"][parameter]
    assert "Default" not in given
    assert [value for value in taken + refused if re.fullmatch(given["AllowedPattern"], value)] == taken


def test_it_may_submit_the_one_revision_alone(request: pytest.FixtureRequest) -> None:
    resources = read_template(request.config.rootpath / "infra" / "pipeline.yaml")["Resources"]
    (train,) = [it for it in resources["MachineRole"]["Properties"]["Policies"] if it["PolicyName"] == "train"]
    (submit,) = [it for it in train["PolicyDocument"]["Statement"] if it["Action"] == "batch:SubmitJob"]
    queue, definition = submit["Resource"]
    assert queue == {"Ref": "TrainingQueue"}
    assert definition["Fn::Sub"].endswith(":job-definition/${TrainingJobDefinition}")
