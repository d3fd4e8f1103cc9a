"""What starts the pipeline, and the build that deploys, as infra/pipeline.yaml makes them in moto."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from infra_pipeline import BUCKET, Deploy, client
from typer.main import get_command
from yaml import safe_load

from pilotlight.cli.app import app


@pytest.fixture
def buildspec(request: pytest.FixtureRequest) -> dict[str, Any]:
    content: dict[str, Any] = safe_load((request.config.rootpath / "infra" / "deploy.buildspec.yml").read_text())
    return content


def commands(buildspec: dict[str, Any]) -> list[str]:
    return [command for phase in buildspec["phases"].values() for command in phase["commands"]]


def test_nothing_starts_it_by_itself_unless_asked_to(deploy: Deploy) -> None:
    deploy()
    assert client("events").list_rules()["Rules"] == []


def test_the_clock_and_new_data_start_it_where_asked_to(deploy: Deploy) -> None:
    asked = {"Schedule": "cron(0 3 ? * MON *)", "Data": "s3://the-store/data/week.npz", "TriggerPrefix": "data/digits/"}
    pipeline = deploy(**asked)
    clock = client("events").describe_rule(Name=pipeline.ids["Clock"])
    assert clock["ScheduleExpression"] == asked["Schedule"]
    (by_clock,) = client("events").list_targets_by_rule(Rule=pipeline.ids["Clock"])["Targets"]
    assert json.loads(by_clock["Input"]) == {"data": asked["Data"]}
    new = json.loads(client("events").describe_rule(Name=pipeline.ids["NewData"])["EventPattern"])
    assert new["detail-type"] == ["Object Created"]
    assert new["detail"] == {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "data/digits/"}]}}
    (by_data,) = client("events").list_targets_by_rule(Rule=pipeline.ids["NewData"])["Targets"]
    given = by_data["InputTransformer"]
    assert given["InputPathsMap"] == {"bucket": "$.detail.bucket.name", "key": "$.detail.object.key"}
    filled = given["InputTemplate"].replace("<bucket>", BUCKET).replace("<key>", "data/digits/new.npz")
    assert json.loads(filled) == {"data": "s3://the-store/data/digits/new.npz"}
    assert by_clock["Arn"] == by_data["Arn"] == pipeline.machine


def test_the_build_is_given_every_variable_that_its_commands_use(deploy: Deploy, buildspec: dict[str, Any]) -> None:
    pipeline = deploy()
    (project,) = client("codebuild").batch_get_projects(names=[pipeline.ids["Project"]])["projects"]
    assert project["source"]["buildspec"] == "infra/deploy.buildspec.yml"
    given = {it["name"]: it["value"] for it in project["environment"]["environmentVariables"]}
    assert given["MODEL"] == "digits"
    assert given["PILOTLIGHT_STORE"] == f"s3://{BUCKET}/models"
    used = {word for command in commands(buildspec) for word in variables(command)}
    assert used <= {*given, "VERSION"}  # VERSION is the state machine's to say


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


@pytest.mark.parametrize("push", ["on", "off"])
def test_the_pin_is_pushed_to_the_branch_where_asked_to(buildspec: dict[str, Any], tmp_path: Path, push: str) -> None:
    """The step is run as it is, in a clone at a detached commit as CodeBuild's are."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    (step,) = [command for command in commands(buildspec) if "git push" in command]

    def git(*words: str, at: Path = clone) -> str:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
        return subprocess.run(["git", *who, *words], cwd=at, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet", "--bare", "--initial-branch", "main", str(origin), at=tmp_path)
    git("clone", "--quiet", str(origin), str(clone), at=tmp_path)
    lock = clone / "functions" / "digits" / "model.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("version = 1\n")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    git("checkout", "--quiet", "--detach")
    lock.write_text("version = 2\n")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PUSH_PIN": push, "BRANCH": "main"}
    environ |= {"MODEL": "digits", "VERSION": "5be1f0c2a7d4"}
    for _ in range(2):  # the second time there is nothing to commit
        subprocess.run(["bash", "-e", "-c", step], cwd=clone, env=environ, check=True, capture_output=True)
    log = git("log", "--format=%s", "main", at=origin).splitlines()
    assert log == (["Deploy digits@5be1f0c2a7d4", "first"] if push == "on" else ["first"])
