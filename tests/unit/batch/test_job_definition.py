from typing import Any

import pytest
from support.batch_descriptions import definition
from support.scripted_batch import ScriptedBatch

from pilotlight.batch import read_base_definition, read_requirements
from pilotlight.batch.job_definition import build_job_request, ensure_revision
from pilotlight.core.errors import RunError

NODES: dict[str, Any] = {
    "type": "multinode",
    "containerProperties": None,
    "nodeProperties": {
        "numNodes": 2,
        "mainNode": 0,
        "nodeRangeProperties": [
            {"targetNodes": "0:", "container": {"image": "repository:none", "command": [], "vcpus": 8, "memory": 9000}}
        ],
    },
}
ARGUMENTS = ("digits", "--run", "3f2a9c0d1e4b")


def test_the_pattern_is_registered_with_the_image_and_nothing_else_changed() -> None:
    engine = ScriptedBatch(definitions=[definition()])
    revision = ensure_revision(engine, definition(), "repository:abc")
    (request,) = engine.registered
    assert request["containerProperties"] == {**definition()["containerProperties"], "image": "repository:abc"}
    assert request["timeout"] == {"attemptDurationSeconds": 21600}
    assert {"revision", "status", "jobDefinitionArn", "containerOrchestrationType"}.isdisjoint(request)
    assert ensure_revision(engine, definition(), "repository:abc") == revision
    assert len(engine.registered) == 1


def test_the_tags_that_only_aws_may_write_are_left_out() -> None:
    tags = {"aws:cloudformation:stack-name": "pilotlight", "team": "a"}
    engine = ScriptedBatch(definitions=[definition(tags=tags)])
    ensure_revision(engine, definition(tags=tags), "repository:abc")
    assert engine.registered[0]["tags"] == {"team": "a"}


def test_a_pattern_that_the_stack_has_changed_since_is_registered_anew() -> None:
    engine = ScriptedBatch(definitions=[definition()])
    before = ensure_revision(engine, definition(), "repository:abc")
    changed = definition(timeout={"attemptDurationSeconds": 60})
    assert ensure_revision(engine, changed, "repository:abc") != before


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (["python", "-m", "pilotlight.training", "--help"], ["python", "-m", "pilotlight.training"]),
        (["python", "-m", "pilotlight.training", "Ref::model"], ["python", "-m", "pilotlight.training"]),
        (["--help"], []),
        ([], []),
    ],
)
def test_the_arguments_follow_what_the_patterns_command_begins_with(command: list[str], begins: list[str]) -> None:
    pattern = definition()
    pattern["containerProperties"]["command"] = command
    request = build_job_request(pattern, revision="r", queue="q", name="n", arguments=ARGUMENTS)
    assert request["containerOverrides"] == {"command": [*begins, *ARGUMENTS]}


def test_several_nodes_run_the_same_command() -> None:
    pattern = definition(**NODES)
    engine = ScriptedBatch(definitions=[pattern])
    ensure_revision(engine, pattern, "repository:abc")
    nodes = engine.registered[0]["nodeProperties"]["nodeRangeProperties"]
    assert [one["container"]["image"] for one in nodes] == ["repository:abc"]
    assert read_requirements(pattern) == (8, 9000, 0)
    request = build_job_request(pattern, revision="r", queue="q", name="n", arguments=ARGUMENTS)
    assert request["nodeOverrides"]["nodePropertyOverrides"] == [
        {"targetNodes": "0:", "containerOverrides": {"command": list(ARGUMENTS)}}
    ]


def test_a_pattern_that_is_missing_or_runs_elsewhere() -> None:
    with pytest.raises(RunError, match="job definition training: does not exist"):
        read_base_definition(ScriptedBatch(), "training")
    with pytest.raises(RunError, match="has no containerProperties and no nodeProperties"):
        read_base_definition(ScriptedBatch(definitions=[definition(containerProperties=None)]), "training")
