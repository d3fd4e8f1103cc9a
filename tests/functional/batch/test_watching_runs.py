"""Watching, from the first state to the last: states that moto cannot play, in the shapes that AWS documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from support.batch_descriptions import HOST, JOB, RUN, attempt, environment, job
from support.scripted_batch import Recorded, ScriptedBatch, ScriptedLogs, cloud

from pilotlight.batch import CANCEL_REASON
from pilotlight.batch.watcher import POLL_SECONDS
from pilotlight.cli.batch_results import exit_detached
from pilotlight.core.errors import RunError
from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs
from pilotlight.workflows.context import Context
from pilotlight.workflows.follow_job import follow_job
from pilotlight.workflows.runs import cancel_run, watch_run

GROUP = "/pilotlight/training"
SPOT = "Host EC2 (instance i-0123456789abcdef0) terminated."
RESULT = {"run": RUN, "model": "digits", "version": "a" * 12, "metric": "accuracy", "value": 0.98, "seconds": 60}


def event(event: str, **fields: object) -> str:
    return json.dumps({"event": event, **fields})


MADE = event("result", model="digits", version="a" * 12)


@pytest.fixture
def files(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def finished(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/result.json", json.dumps(RESULT).encode())


def context(
    files: FolderBlobs,
    engine: ScriptedBatch,
    logs: ScriptedLogs | None = None,
    display: Recorded | None = None,
    sleep: Callable[[float], None] = lambda _: None,
) -> Context:
    return Context(
        Path(files.location),
        {},
        display or Recorded(),
        clock=lambda: datetime.fromtimestamp(1_700_000_000, UTC),
        sleep=sleep,
        connect=lambda: cloud(engine, logs or ScriptedLogs({})),
        user="tester",
        given_project=Project(Path(files.location), files.location),
    )


def watched(files: FolderBlobs, states: list[dict[str, Any]], streams: dict[tuple[str, str], list[str]]) -> list[str]:
    """What a person is told."""
    display, engine, logs = Recorded(), ScriptedBatch(states), ScriptedLogs(streams)
    follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs, display))
    return display.told


def test_a_spot_interruption_and_the_resumption(files: FolderBlobs) -> None:
    finished(files)
    taken = attempt(1, statusReason=SPOT)
    states = [
        job("SUBMITTED"),
        job("RUNNABLE"),
        job("RUNNABLE", statusReason="CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill it"),
        job("STARTING"),
        job("RUNNING"),
        job("RUNNING"),
        job("RUNNABLE", taken),
        job("RUNNING", taken),
        job("SUCCEEDED", taken, attempt(2, exitCode=0)),
    ]
    first = [event("stage", title="train"), event("step", done=1, total=3, values={"loss": 0.5}), "2026 some library"]
    second = [event("note", text="goes on after epoch 1"), MADE]
    told = watched(files, states, {(GROUP, "training/default/1"): first, (GROUP, "training/default/2"): second})
    short = "AWS has no such instance free at the moment"
    cost = "$0.067, 20 min in 2 attempts on g4dn.xlarge (spot, eu-west-1a)"
    assert told == [
        "● submitted (SUBMITTED)",
        "● in the queue (RUNNABLE)",
        "it waits for an instance, which takes some minutes to start",
        f"AWS Batch says CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill it; {short}",
        "● an instance is ready; the image is being pulled (STARTING)",
        "on g4dn.xlarge (spot, eu-west-1a)",
        "● running (RUNNING)",
        "● train",
        "1/3 {'loss': 0.5}",
        "| 2026 some library",
        "● AWS reclaimed the spot instance; attempt 2 of 3 resumes from the checkpoint",
        "● in the queue (RUNNABLE)",
        "it waits for an instance, which takes some minutes to start",
        "● running (RUNNING)",
        "goes on after epoch 1",
        f"cost: {cost}; without the minutes in which an instance starts and idles",
    ]
    kept = json.loads(files.get_bytes(f".runs/{RUN}/costs/{JOB}.json") or b"")
    assert kept == {"low": pytest.approx(0.2 / 3), "high": pytest.approx(0.2 / 3), "currency": "USD"}


def test_the_containers_own_error_ends_the_command(files: FolderBlobs) -> None:
    text = "functions/digits/train.py:12: ValueError: bad. Mend that line"
    streams = {(GROUP, "training/default/1"): [event("error", kind="TrainingError", text=text)]}
    with pytest.raises(RunError) as caught:
        watched(files, [job("RUNNING"), job("FAILED", attempt(1, exitCode=1))], streams)
    assert str(caught.value) == f"run {RUN} of digits: {text}."


def test_the_error_of_an_earlier_attempt_is_not_the_last_ones(files: FolderBlobs) -> None:
    streams = {
        (GROUP, "training/default/1"): [event("error", kind="Interrupted", text="was told to stop")],
        (GROUP, "training/default/2"): ["no event"],
    }
    ended = job("FAILED", attempt(1, exitCode=75), attempt(2, exitCode=70))
    with pytest.raises(RunError, match="a defect of Pilotlight stopped it"):
        watched(files, [ended], streams)


def test_json_that_train_py_printed_is_shown_as_it_is(files: FolderBlobs) -> None:
    finished(files)
    lines = ['{"event": "user logged in", "level": "info"}', '{"event": "step", "done": null}']
    streams = {(GROUP, "training/default/1"): [*lines, MADE]}
    told = watched(files, [job("RUNNING"), job("SUCCEEDED", attempt(1, exitCode=0))], streams)
    assert [line for line in told if line.startswith("| ")] == [f"| {line}" for line in lines]


def test_the_last_lines_are_waited_for(files: FolderBlobs) -> None:
    """CloudWatch has them some seconds after the job has ended."""
    finished(files)
    streams: dict[tuple[str, str], list[str]] = {}
    engine, logs, slept = ScriptedBatch([job("SUCCEEDED", attempt(1, exitCode=0))]), ScriptedLogs(streams), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        streams[GROUP, "training/default/1"] = [event("note", text="late"), MADE]

    display = Recorded()
    follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs, display, sleep))
    assert "late" in display.told
    assert slept == [POLL_SECONDS]


def test_a_definition_without_log_options_writes_to_batchs_own_group(files: FolderBlobs) -> None:
    finished(files)
    ended = job("SUCCEEDED", attempt(1, exitCode=0))
    streams = {("/aws/batch/job", "training/default/1"): [event("note", text="here"), MADE]}
    assert "here" in watched(files, [ended], streams)


def test_several_nodes_are_seen_through_the_first(files: FolderBlobs) -> None:
    finished(files)
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", "container": {"vcpus": 4}}]}
    parent = job("SUCCEEDED", attempt(1, exitCode=0), nodeProperties=nodes, container={})
    streams = {(GROUP, "training/default/1"): [event("note", text="node 0"), MADE]}
    engine, logs, display = Nodes([parent]), ScriptedLogs(streams), Recorded()
    follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs, display), log_group=GROUP)
    assert "node 0" in display.told
    assert display.told[-1].startswith("cost: $0.067, 10 min in 1 attempt on g4dn.xlarge")


class Nodes(ScriptedBatch):
    """A multi-node parallel job, whose nodes are jobs of their own under ID#NODE."""

    def describe_jobs(self, ids: Any) -> list[Any]:
        (wanted,) = ids
        found = super().describe_jobs([wanted.partition("#")[0]])
        return [{**job("SUCCEEDED", attempt(1)), "jobId": wanted}] if "#" in wanted else found


def interrupted(_: float) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_leaves_the_job_alone(files: FolderBlobs, capsys: pytest.CaptureFixture[str]) -> None:
    engine, logs = ScriptedBatch([job("RUNNING")]), ScriptedLogs({})
    with pytest.raises(typer.Exit) as left, exit_detached():
        follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs, None, interrupted))
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == (
        f"Detached; the run continues. Watch it with `pilotlight runs watch {RUN}`, end it with `pilotlight runs "
        f"cancel {RUN}`.\n"
    )
    assert engine.terminated == []


def test_a_connection_that_breaks_says_that_the_run_goes_on(files: FolderBlobs) -> None:
    class Broken(ScriptedBatch):
        def describe_jobs(self, ids: Any) -> list[Any]:
            del ids
            raise RunError("jobs", "AWS Batch cannot be reached: no route", "Check the network.")

    engine, logs = Broken(), ScriptedLogs({})
    with pytest.raises(RunError) as caught:
        follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs))
    assert str(caught.value) == (
        "jobs: AWS Batch cannot be reached: no route. Check the network. The run itself continues. Watch it with "
        f"`pilotlight runs watch {RUN}`, end it with `pilotlight runs cancel {RUN}`."
    )


def submitted(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/run.json", json.dumps({"run": RUN, "model": "digits"}).encode())
    record = {"job": JOB, "claim": 1, "queue": "training"}
    files.put_bytes(f".runs/{RUN}/jobs/{JOB}.json", json.dumps(record).encode())


def test_cancelling_ends_the_job_and_says_what_is_kept(files: FolderBlobs, tmp_path: Path) -> None:
    submitted(files)
    engine = ScriptedBatch([job("RUNNABLE")])
    done = cancel_run(RUN, context(files, engine))
    assert engine.terminated == [(JOB, CANCEL_REASON)]
    assert done == (RUN, "digits", JOB, f"{tmp_path}/.runs/{RUN}/checkpoints/")


def test_a_job_without_a_record_is_found_by_its_name(files: FolderBlobs) -> None:
    """Its submitter was killed between SubmitJob and the record."""
    asked = {"run": RUN, "model": "digits", "queue": "training"}
    files.put_bytes(f".runs/{RUN}/run.json", json.dumps(asked).encode())
    engine = ScriptedBatch([job("RUNNING")])
    cancel_run(RUN, context(files, engine))
    assert engine.terminated == [(JOB, CANCEL_REASON)]
    streams = {(GROUP, "training/default/1"): [event("note", text="here"), MADE]}
    states = [job("RUNNING"), job("RUNNING"), job("FAILED", attempt(1, exitCode=70))]
    engine, display = ScriptedBatch(states), Recorded()
    with pytest.raises(RunError, match="a defect of Pilotlight stopped it"):
        watch_run(RUN, context(files, engine, ScriptedLogs(streams), display))
    assert "here" in display.told


def test_a_job_that_batch_has_forgotten(files: FolderBlobs) -> None:
    submitted(files)
    engine, logs = ScriptedBatch(), ScriptedLogs({})
    with pytest.raises(RunError, match="has no result, and AWS Batch no longer knows its job"):
        watch_run(RUN, context(files, engine, logs))
    finished(files)
    done = watch_run(RUN, context(files, engine, logs))
    assert done.result is not None
    assert (done.model, done.result.version) == ("digits", "a" * 12)


def test_a_run_that_was_never_submitted(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/run.json", json.dumps({"run": RUN, "model": "digits"}).encode())
    with pytest.raises(RunError, match="was never submitted"):
        watch_run(RUN, context(files, ScriptedBatch(), ScriptedLogs({})))


def test_an_invalid_environment_is_told_while_the_job_waits(files: FolderBlobs) -> None:
    finished(files)
    engine = ScriptedBatch(
        [job("RUNNABLE"), job("SUCCEEDED", attempt(1, exitCode=0))],
        environments=[environment(status="INVALID", statusReason="CLIENT_ERROR - no role")],
    )
    display, logs = Recorded(), ScriptedLogs({})
    follow_job(cloud(engine, logs), RUN, JOB, context(files, engine, logs, display))
    assert "no compute environment can start it: gpu-spot is INVALID (CLIENT_ERROR - no role)" in display.told


def test_an_instance_that_is_gone_is_not_asked_for_twice(files: FolderBlobs) -> None:
    finished(files)
    ended = attempt(1, exitCode=0, containerInstanceArn=f"{HOST}-gone")
    told = watched(files, [job("SUCCEEDED", ended)], {})
    assert told[-1].startswith("cost: $0.033, 10 min in 1 attempt on one of the queue's types")
