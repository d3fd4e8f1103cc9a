"""Why a job failed, each in one paragraph, from jobs as AWS describes them."""

from typing import Any

import pytest
from support.batch_descriptions import RUN, attempt, job

from pilotlight.batch import CANCEL_REASON, build_failure_error, read_job
from pilotlight.batch.failures import describe_retry

AGAIN = "Run the same command again: it resumes from the newest checkpoint"
LOG = f"Read its log: `pilotlight runs watch {RUN}` shows it again."
SPOT = "Host EC2 (instance i-0123456789abcdef0) terminated."


def paragraph(*attempts: dict[str, Any], error: str = "", **more: Any) -> str:
    return str(build_failure_error(read_job(job("FAILED", *attempts, **more)), error, "digits", RUN))


TIMEOUT = "Job attempt duration exceeded timeout"
MEMORY = "OutOfMemoryError: Container killed due to memory usage"
PULL = "CannotPullContainerError: Error response from daemon: manifest for training:0123456789ab not found"
QUEUE = "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
EXITED = "Essential container in task exited"


def told(expected: str, *attempts: dict[str, Any], **more: Any) -> None:
    assert paragraph(*attempts, **more) == f"run {RUN} of digits: {expected}"


def test_a_timeout() -> None:
    told(
        f"an attempt exceeded its time limit of 6 h and was stopped. {AGAIN}. To raise the limit, change the job "
        "definition's timeout in infra/training.yaml.",
        attempt(statusReason=TIMEOUT, exitCode=137),
        statusReason=TIMEOUT,
        isTerminated=True,
    )


def test_memory_that_is_used_up() -> None:
    told(
        f"the container was killed, probably because it ran out of memory ({MEMORY}). Use a smaller --batch-size, "
        "or give the job definition in infra/training.yaml more memory.",
        attempt(exitCode=137, reason=MEMORY),
        statusReason=EXITED,
    )


def test_an_image_that_cannot_be_pulled() -> None:
    told(
        f"the image could not be pulled ({PULL}). Run `pilotlight image push`, and check that the instances reach ECR: "
        "by a public subnet or VPC endpoints.",
        attempt(minutes=0, statusReason="Task failed to start", reason=PULL),
        statusReason="Task failed to start",
    )


def test_a_run_that_was_cancelled() -> None:
    told(
        f"was cancelled. Its checkpoints are kept. {AGAIN}.",
        attempt(exitCode=75),
        statusReason=CANCEL_REASON,
        isTerminated=True,
    )


def test_a_job_that_someone_ended() -> None:
    told(
        f"was terminated by someone (not needed any more). Its checkpoints are kept. {AGAIN}.",
        attempt(exitCode=75),
        statusReason="not needed any more",
        isTerminated=True,
    )


def test_a_queue_that_gave_up() -> None:
    told(
        f"exceeded the time limit of the queue ({QUEUE}). "
        "Add GPU families or on-demand instances in infra/training.yaml.",
        statusReason=QUEUE,
        isCancelled=True,
    )


def test_every_attempt_interrupted() -> None:
    told(
        f"AWS reclaimed the spot instance, and 3 of 3 attempts are used. {AGAIN}, on another instance.",
        *(attempt(number, statusReason=SPOT) for number in (1, 2, 3)),
        statusReason=SPOT,
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (75, f"it was interrupted, and 1 of 3 attempts are used. {AGAIN}."),
        (65, f"the gate refused the model, and nothing was published. {LOG}"),
        (70, f"a defect of Pilotlight stopped it. {LOG} Please report what it says."),
        (1, f"it failed ({EXITED}, exit code 1). {LOG}"),
    ],
)
def test_what_an_exit_code_says(code: int, expected: str) -> None:
    told(expected, attempt(exitCode=code), statusReason=EXITED)


def test_the_containers_own_error_becomes_the_paragraph() -> None:
    text = "functions/digits/train.py:12: ValueError: bad. Mend that line; --debug shows the whole traceback."
    assert paragraph(attempt(exitCode=1), error=text) == (
        f"run {RUN} of digits: functions/digits/train.py:12: ValueError: bad. Mend that line; --debug shows the whole "
        "traceback."
    )


def test_a_model_that_the_gate_refused_is_not_to_be_tried_again() -> None:
    text = "digits: its accuracy is 0.5, and at least 0.9 is asked for: nothing was published. Train longer."
    assert paragraph(attempt(exitCode=65), error=text) == f"run {RUN} of digits: {text}"


def test_an_interrupted_run_is_told_so_whatever_its_own_error_says() -> None:
    text = "the run: was told to stop. Run the same command again: it goes on."
    interrupted = [attempt(number, exitCode=75) for number in (1, 2, 3)]
    told(f"it was interrupted, and 3 of 3 attempts are used. {AGAIN}.", *interrupted, error=text)
    taken = [attempt(1, exitCode=1), attempt(2, statusReason=SPOT)]
    told(
        f"AWS reclaimed the spot instance, and 2 of 3 attempts are used. {AGAIN}, on another instance.",
        *taken,
        error="train.py:12: an error of the attempt before",
        statusReason=SPOT,
    )


def test_a_container_that_went_with_its_instance_had_memory_enough() -> None:
    told(
        f"AWS reclaimed the spot instance, and 1 of 3 attempts are used. {AGAIN}, on another instance.",
        attempt(exitCode=137, statusReason=SPOT),
        statusReason=SPOT,
    )


def test_batchs_own_reason_comes_before_an_error_that_the_end_caused() -> None:
    found = paragraph(attempt(exitCode=75), error="was told to stop", statusReason=CANCEL_REASON, isTerminated=True)
    assert "was cancelled" in found


@pytest.mark.parametrize(
    ("ended", "line"),
    [
        (
            attempt(1, statusReason=SPOT),
            "AWS reclaimed the spot instance; attempt 2 of 3 resumes from the checkpoint",
        ),
        (attempt(1, exitCode=75), "the attempt was interrupted; attempt 2 of 3 resumes from the checkpoint"),
        (
            attempt(1, statusReason="Task failed to start", reason="DockerTimeoutError: Could not transition"),
            "attempt 1 failed (DockerTimeoutError: Could not transition); attempt 2 of 3 starts",
        ),
    ],
)
def test_an_attempt_that_is_followed_by_another(ended: dict[str, Any], line: str) -> None:
    found = read_job(job("RUNNABLE", ended))
    assert describe_retry(found.attempts[0], 1, found.max_attempts) == line
