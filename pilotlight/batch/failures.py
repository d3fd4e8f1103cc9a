"""Says why an attempt or a job failed: from AWS's reasons, the container's exit code, and the run's own error.

The reasons are those of the AWS Batch User Guide ("Automated job retries", "Job timeouts") and of Amazon ECS's error
messages for stopped tasks.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pilotlight.batch.jobs import SUCCEEDED, Attempt, Job
from pilotlight.core.errors import RunError
from pilotlight.core.exit_codes import EXIT_DEFECT, EXIT_INTERRUPTED, EXIT_REFUSED

CANCEL_REASON: Final = "Cancelled by `pilotlight runs cancel`"

_SPOT: Final = "Host EC2"
_TIMEOUT: Final = "attempt duration exceeded timeout"
_QUEUE_TIMEOUT: Final = ("Canceled by JobStateTimeLimit", "Terminated by JobStateTimeLimit")
_KILLED: Final = 137
"""128 + SIGKILL. Only the kernel or `docker kill` sends it."""
_RESUMES: Final = "resumes from the checkpoint"
_AGAIN: Final = "Run the same command again: it resumes from the newest checkpoint"


class JobFailure(NamedTuple):
    """Why a job failed: what happened, and what to do next."""

    what: str
    hint: str


def describe_retry(attempt: Attempt, number: int, allowed: int) -> str:
    """Return one line for an attempt that another one follows.

    Args:
        attempt: The attempt that ended.
        number: Its number, from 1.
        allowed: How many attempts the job may have.
    """
    following = f"attempt {number + 1} of {allowed}"
    if attempt.reason.startswith(_SPOT):
        return f"AWS reclaimed the spot instance; {following} {_RESUMES}"
    if attempt.exit_code == EXIT_INTERRUPTED:
        return f"the attempt was interrupted; {following} {_RESUMES}"
    reason = attempt.container_reason or attempt.reason or "no reason was given"
    code = "" if attempt.exit_code is None else f", exit code {attempt.exit_code}"
    return f"attempt {number} failed ({reason}{code}); {following} starts"


def describe_failure(job: Job, error: str, run: str) -> JobFailure:
    """Say why a failed job failed.

    The container's own error counts only where neither AWS Batch nor the container explains the end: an interrupted
    container wrote it because of the interruption, or an earlier attempt wrote it.

    Args:
        job: The failed job.
        error: The text of the container's `error` event; "" where it wrote none.
        run: The run's id.
    """
    failure = _explain_by_batch(job) or _explain_by_interruption(job) or _explain_by_container(job.last_attempt)
    if failure is not None:
        return failure
    if error:  # it has a hint of its own: whether the same command helps depends on what it says
        return JobFailure(_clean_clause(error), "")
    return _explain_by_exit_code(job, run)


def build_failure_error(job: Job, error: str, model: str, run: str) -> RunError:
    """Return the error with which the command ends where a job failed.

    Args:
        job: The failed job.
        error: The text of the container's `error` event; "" where it wrote none.
        model: The model's name.
        run: The run's id.
    """
    return RunError(f"run {run} of {model}", *describe_failure(job, error, run))


def build_missing_result_error(job: Job, model: str, run: str) -> RunError:
    """Return the error for a job that succeeded and left no result.

    Args:
        job: The job.
        model: The model's name.
        run: The run's id.
    """
    state = "ended without an error" if job.status == SUCCEEDED else f"is {job.status}"
    stream = job.last_attempt.stream or job.container.stream or "(none)"
    hint = f"Read its log, stream {stream}: the image may run another command."
    return RunError(f"run {run} of {model}", f"{state}, but wrote no result.json into the store", hint)


def _explain_by_batch(job: Job) -> JobFailure | None:
    """Explain a job that AWS Batch ended, by itself or because a person asked it to."""
    reason = " ".join(filter(None, (job.reason, job.last_attempt.reason)))
    if CANCEL_REASON in reason:
        return JobFailure("was cancelled", f"Its checkpoints are kept. {_AGAIN}.")
    if any(text in reason for text in _QUEUE_TIMEOUT):
        what = f"exceeded the time limit of the queue ({_clean_clause(job.reason)})"
        return JobFailure(what, "Add GPU families or on-demand instances in infra/training.yaml.")
    if _TIMEOUT in reason:
        limit = f" of {job.timeout / 3600:g} h" if job.timeout else ""
        hint = f"{_AGAIN}. To raise the limit, change the job definition's timeout in infra/training.yaml."
        return JobFailure(f"an attempt exceeded its time limit{limit} and was stopped", hint)
    if job.ended_by_person:
        what = f"was terminated by someone ({_clean_clause(job.reason) or 'no reason was given'})"
        return JobFailure(what, f"Its checkpoints are kept. {_AGAIN}.")
    return None


def _explain_by_interruption(job: Job) -> JobFailure | None:
    """Explain a job whose last attempt was interrupted. An instance that goes away kills its container."""
    attempt, count = job.last_attempt, f"{len(job.attempts)} of {job.max_attempts} attempts"
    if attempt.reason.startswith(_SPOT):
        return JobFailure(f"AWS reclaimed the spot instance, and {count} are used", f"{_AGAIN}, on another instance.")
    if attempt.exit_code == EXIT_INTERRUPTED:
        return JobFailure(f"it was interrupted, and {count} are used", f"{_AGAIN}.")
    return None


def _explain_by_container(attempt: Attempt) -> JobFailure | None:
    """Explain a container that was killed, or never started."""
    reason = attempt.container_reason
    if "CannotPull" in f"{reason}{attempt.reason}":
        told = _clean_clause(reason if "CannotPull" in reason else attempt.reason)
        hint = (
            "Run `pilotlight image push`, and check that the instances reach ECR: by a public subnet or VPC endpoints."
        )
        return JobFailure(f"the image could not be pulled ({told})", hint)
    if "OutOfMemory" in reason or attempt.exit_code == _KILLED:
        told = _clean_clause(reason) if "OutOfMemory" in reason else f"exit code {_KILLED}"
        hint = "Use a smaller --batch-size, or give the job definition in infra/training.yaml more memory."
        return JobFailure(f"the container was killed, probably because it ran out of memory ({told})", hint)
    return None


def _explain_by_exit_code(job: Job, run: str) -> JobFailure:
    attempt = job.last_attempt
    log = f"Read its log: `pilotlight runs watch {run}` shows it again."
    if attempt.exit_code == EXIT_REFUSED:
        return JobFailure("the gate refused the model, and nothing was published", log)
    if attempt.exit_code == EXIT_DEFECT:
        return JobFailure("a defect of Pilotlight stopped it", f"{log} Please report what it says.")
    reason = attempt.container_reason or attempt.reason or job.reason or "AWS Batch gives no reason"
    code = "" if attempt.exit_code is None else f", exit code {attempt.exit_code}"
    return JobFailure(f"it failed ({_clean_clause(reason)}{code})", log)


def _clean_clause(text: str) -> str:
    """Return a message in one line without its full stop, so that it fits into a sentence."""
    return " ".join(text.split()).rstrip(".")
