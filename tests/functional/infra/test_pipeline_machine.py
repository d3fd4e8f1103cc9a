"""Every branch of infra/pipeline.yaml's state machine, executed by moto's interpreter of the Amazon States Language.

The states, their inputs and outputs, the calls to S3, SNS, AWS Batch and CodeBuild, the catchers and the task token are
executed; what the container and the build do is played (tests/support/moto_infra.py).
"""

import json
import re
import shlex
from typing import Any
from uuid import uuid4

import pytest
from moto.batch_simple.models import batch_simple_backends
from support.moto_infra import ACCOUNT, REGION, Ended
from support.pipeline_stack import RESULT, Pipeline, Pipelines, client

from pilotlight.core.exit_codes import EXIT_DEFECT, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_REFUSED

BASE = ["digits", "--run"]
OLDER = {"version": "0a0a0a0a0a0a", "floor": 0.95}


def subjects(pipeline: Pipeline) -> list[str]:
    return [message["Subject"] for message in pipeline.messages]


def test_the_first_model_is_trained_published_and_deployed(automatic: Pipeline) -> None:
    run = automatic.start("first")
    assert automatic.ended(run) == ("SUCCEEDED", None)
    assert automatic.commands == [[*BASE, "first"]]
    assert automatic.remembered() == {"run": "first", "model": "digits", **RESULT}
    assert subjects(automatic) == ["digits: deployed"]
    assert "version 5be1f0c2a7d4 is deployed, accuracy 0.98" in automatic.messages[0]["Message"]


def test_the_next_model_has_to_reach_the_floor_of_the_live_one(automatic: Pipeline) -> None:
    automatic.live(OLDER)
    assert automatic.ended(automatic.start("next"))[0] == "SUCCEEDED"
    assert automatic.commands == [[*BASE, "next", "--at-least", "0.95"]]
    assert (automatic.remembered() or {})["version"] == RESULT["version"]


@pytest.mark.parametrize("data", [{}, {"data": "s3://the-store/data/a.npz"}])
def test_a_live_model_without_a_metric_sets_no_floor(automatic: Pipeline, data: dict[str, str]) -> None:
    automatic.live(OLDER | {"floor": None})
    assert automatic.ended(automatic.start(f"no-floor-{len(data)}", **data))[0] == "SUCCEEDED"
    assert "--at-least" not in automatic.commands[0]
    assert (automatic.remembered() or {})["floor"] == RESULT["floor"]


def test_a_deployment_never_lowers_the_floor(automatic: Pipeline) -> None:
    automatic.live(OLDER | {"floor": 0.975})
    assert automatic.ended(automatic.start("floor"))[0] == "SUCCEEDED"
    assert automatic.remembered() == {"run": "floor", "model": "digits", **RESULT, "floor": 0.975}


def test_what_a_run_wrote_into_the_store_is_nothing_to_train_on(automatic: Pipeline) -> None:
    run = automatic.start("own-store", data="s3://the-store/models/.runs/one/result.json")
    assert automatic.ended(run) == ("FAILED", "OwnStore")
    assert automatic.commands == []


@pytest.mark.parametrize(("live", "floor"), [(None, []), (OLDER, ["--at-least", "0.95"])])
def test_it_trains_on_the_data_of_its_input(automatic: Pipeline, live: dict[str, Any] | None, floor: list[str]) -> None:
    if live:
        automatic.live(live)
    data = 's3://the-store/data/a "name" of {odd} it\'s.npz'
    name = f"on-data-{len(floor)}"
    assert automatic.ended(automatic.start(name, data=data))[0] == "SUCCEEDED"
    assert automatic.commands == [[*BASE, name, "--data", data, *floor]]


def test_the_build_is_told_which_version_and_is_waited_for(automatic: Pipeline) -> None:
    automatic.builds("IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED")
    run = automatic.start("slow")
    assert automatic.ended(run)[0] == "SUCCEEDED"
    assert automatic.states(run).count("WaitForBuild") == 2
    (started,) = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])
        for event in automatic.history(run)
        if event.get("taskScheduledEventDetails", {}).get("resource") == "startBuild"
    ]
    assert started == {
        "ProjectName": "pilotlight-dev-deploy-digits",
        "EnvironmentVariablesOverride": [{"Name": "VERSION", "Type": "PLAINTEXT", "Value": RESULT["version"]}],
    }


@pytest.mark.parametrize(
    ("ended", "error", "subject"),
    [
        (Ended(EXIT_REFUSED), "Refused", "digits: the gate refused the new model"),
        (Ended(EXIT_FAILED), "TrainingFailed", "digits: training failed"),
        (Ended(EXIT_DEFECT), "TrainingFailed", "digits: training failed"),
        (Ended(137, "OutOfMemoryError: Container killed"), "TrainingFailed", "digits: training failed"),
        (Ended(None, "CannotPullContainerError: not found"), "TrainingFailed", "digits: training failed"),
        (Ended(None, "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"), "TrainingFailed", "digits: training failed"),
        (Ended(EXIT_INTERRUPTED), "Interrupted", "digits: interrupted too often"),
        (Ended(None, "Host EC2 (instance i-0a1b) terminated."), "Interrupted", "digits: interrupted too often"),
    ],
)
def test_a_job_that_fails_is_told_by_how_and_nothing_is_deployed(
    automatic: Pipeline, ended: Ended, error: str, subject: str
) -> None:
    automatic.live(OLDER)
    automatic.container(ended)
    run = automatic.start(f"failing-{uuid4()}")
    assert automatic.ended(run) == ("FAILED", error)
    assert subjects(automatic) == [subject]
    assert len(automatic.commands) == 1  # repeating is AWS Batch's to do
    assert "nothing was deployed" in automatic.messages[0]["Message"]
    assert error != "TrainingFailed" or str(ended.reason) in automatic.messages[0]["Message"]
    assert "StartBuild" not in automatic.states(run)
    assert automatic.remembered() == OLDER


def test_a_job_that_fails_without_a_reason_is_told_too(automatic: Pipeline) -> None:
    automatic.container(Ended(None, None))
    assert automatic.ended(automatic.start("no-reason")) == ("FAILED", "TrainingFailed")
    assert "failed (no reason is given)" in automatic.messages[0]["Message"]


def test_a_submission_that_aws_batch_is_too_busy_for_is_repeated(automatic: Pipeline) -> None:
    batch_simple_backends[ACCOUNT][REGION].busy = 1
    run = automatic.start("busy")
    assert automatic.ended(run) == ("SUCCEEDED", None)
    assert automatic.commands == [[*BASE, "busy"]]
    assert "TaskFailed" in {event["type"] for event in automatic.history(run)}


def test_a_job_that_cannot_be_submitted_stops_the_pipeline_with_the_reason(pipeline_with: Pipelines) -> None:
    pipeline = pipeline_with(TrainingJobDefinition="nobody-registered-it:3")
    assert pipeline.ended(pipeline.start("no-definition")) == ("FAILED", "PipelineFailed")
    assert subjects(pipeline) == ["digits: the pipeline itself failed"]
    assert "nobody-registered-it:3 does not exist" in pipeline.messages[0]["Message"]


def test_a_run_that_left_no_result_stops_the_pipeline(automatic: Pipeline) -> None:
    automatic.writes_a_result = False
    assert automatic.ended(automatic.start("no-result")) == ("FAILED", "PipelineFailed")
    assert "key does not exist" in automatic.messages[0]["Message"]
    assert automatic.remembered() is None


def test_the_version_that_is_deployed_already_is_not_deployed_again(automatic: Pipeline) -> None:
    automatic.live(RESULT)
    run = automatic.start("same")
    assert automatic.ended(run) == ("SUCCEEDED", None)
    assert subjects(automatic) == ["digits: nothing new"]
    assert "StartBuild" not in automatic.states(run)


@pytest.mark.parametrize("status", ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"])
def test_a_deployment_that_fails_leaves_what_is_live(automatic: Pipeline, status: str) -> None:
    automatic.live(OLDER)
    automatic.builds(status)
    assert automatic.ended(automatic.start(f"not-deployed-{status}")) == ("FAILED", "DeploymentFailed")
    assert subjects(automatic) == ["digits: the deployment failed"]
    assert status in automatic.messages[0]["Message"]
    assert automatic.remembered() == OLDER


def answer(message: dict[str, str], verb: str) -> None:
    """Runs the command of the message that a person would paste into a shell, through the same API."""
    (line,) = re.findall(rf"^aws stepfunctions {verb} .*$", message["Message"], re.MULTILINE)
    words = shlex.split(line)[3:]
    options = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}
    states = client("stepfunctions")
    assert options["region"] == states.meta.region_name
    if verb == "send-task-success":
        states.send_task_success(taskToken=options["task-token"], output=options["task-output"])
    else:
        states.send_task_failure(taskToken=options["task-token"], error=options["error"])


def test_nothing_is_deployed_before_a_person_agrees(approved: Pipeline) -> None:
    run = approved.start("asked")
    message = approved.asked()
    assert message["Subject"] == "digits: deploy the new model?"
    assert "version 5be1f0c2a7d4, accuracy 0.98" in message["Message"]
    assert approved.states(run)[-1] == "AskApproval"
    assert approved.remembered() is None
    answer(message, "send-task-success")
    assert approved.ended(run) == ("SUCCEEDED", None)
    assert (approved.remembered() or {})["version"] == RESULT["version"]
    assert subjects(approved)[1:] == ["digits: deployed"]


def test_a_refusal_ends_without_a_deployment(approved: Pipeline) -> None:
    run = approved.start("declined")
    answer(approved.asked(), "send-task-failure")
    assert approved.ended(run) == ("SUCCEEDED", None)
    assert approved.states(run)[-2:] == ["NotifyDeclined", "NotDeployed"]
    assert subjects(approved)[1:] == ["digits: declined, not deployed"]
    assert approved.remembered() is None


def test_a_person_may_decline_with_another_word(approved: Pipeline) -> None:
    run = approved.start("another-word")
    message = approved.asked()
    token = re.findall(r"--task-token (\S+)", message["Message"])[-1]
    client("stepfunctions").send_task_failure(taskToken=token, error="NotThisWeek")
    assert approved.ended(run) == ("SUCCEEDED", None)
    assert subjects(approved)[1:] == ["digits: declined, not deployed"]
    assert "NotThisWeek" in approved.messages[1]["Message"]


def test_a_question_that_cannot_be_asked_is_no_refusal(approved: Pipeline) -> None:
    client("sns").delete_topic(TopicArn=approved.ids["Topic"])
    run = approved.start("no-topic")
    assert approved.ended(run)[0] == "FAILED"
    assert approved.states(run)[-2:] == ["WasItAsked", "NotifyBroken"]
    assert approved.remembered() is None


def test_a_model_that_a_better_one_overtook_is_not_deployed(approved: Pipeline) -> None:
    approved.live(OLDER)
    run = approved.start("overtaken")
    message = approved.asked()
    better = {"version": "9f9f9f9f9f9f", "floor": 0.985}
    approved.live(better)
    answer(message, "send-task-success")
    assert approved.ended(run) == ("FAILED", "Refused")
    assert approved.states(run)[-2:] == ["NotifyOvertaken", "Overtaken"]
    assert subjects(approved)[1:] == ["digits: overtaken, not deployed"]
    assert "reached accuracy 0.98" in approved.messages[1]["Message"]
    assert "asks for 0.985" in approved.messages[1]["Message"]
    assert approved.remembered() == better


def test_a_model_that_another_run_deployed_meanwhile_is_not_deployed_again(approved: Pipeline) -> None:
    run = approved.start("twice")
    message = approved.asked()
    approved.live(RESULT)
    answer(message, "send-task-success")
    assert approved.ended(run) == ("SUCCEEDED", None)
    assert subjects(approved)[1:] == ["digits: nothing new"]
    assert "StartBuild" not in approved.states(run)


def test_no_answer_in_time_ends_without_a_deployment(pipeline_with: Pipelines) -> None:
    pipeline = pipeline_with(ApprovalSeconds="1")
    run = pipeline.start("unanswered")
    assert pipeline.ended(run) == ("SUCCEEDED", None)
    assert pipeline.states(run)[-2:] == ["NotifyUnanswered", "NotDeployed"]
    assert subjects(pipeline)[1:] == ["digits: nobody answered, not deployed"]
    assert pipeline.remembered() is None
