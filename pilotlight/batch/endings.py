"""What became of an attempt or a job, in words: AWS's reasons, the container's exit code, the run's own error.

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
_QUEUE_GAVE_UP: Final = ("Canceled by JobStateTimeLimit", "Terminated by JobStateTimeLimit")
_KILLED: Final = 137
"""128 + SIGKILL: nothing but the kernel or `docker kill` sends it."""
_RESUMES: Final = "goes on from the checkpoint"
_AGAIN: Final = "Run the same command again: it goes on from the newest checkpoint"


class Ending(NamedTuple):
    """what: happened. hint: the next thing to do."""

    what: str
    hint: str


def interrupted(attempt: Attempt) -> bool:
    """True where an attempt was ended from outside, so that the next one goes on from its checkpoint."""
    return attempt.reason.startswith(_SPOT) or attempt.exit_code == EXIT_INTERRUPTED


def attempt_ended(attempt: Attempt, number: int, allowed: int) -> str:
    """One line for an attempt that is followed by another. number: of the one that ended, from 1."""
    following = f"attempt {number + 1} of {allowed}"
    if attempt.reason.startswith(_SPOT):
        return f"the spot instance was taken back; {following} {_RESUMES}"
    if attempt.exit_code == EXIT_INTERRUPTED:
        return f"the instance was told to stop; {following} {_RESUMES}"
    why = attempt.container_reason or attempt.reason or "no reason was given"
    code = "" if attempt.exit_code is None else f", exit code {attempt.exit_code}"
    return f"attempt {number} failed ({why}{code}); {following} begins"


def explained(job: Job, error: str, run: str) -> Ending:
    """Why a failed job failed. error: the text of the container's own `error` event, "" where it wrote none.

    That event is the last to be asked: one that was interrupted wrote it because of that, or an attempt before did.
    """
    found = _by_batch(job) or _by_interruption(job) or _by_container(job.last)
    if found is not None:
        return found
    if error:  # with its own hint: whether the same command helps depends on what it says
        return Ending(_clause(error), "")
    return _by_exit_code(job, run)


def failure(job: Job, error: str, model: str, run: str) -> RunError:
    """The ending of a failed job as the error that the command ends with."""
    ending = explained(job, error, run)
    return RunError(f"run {run} of {model}", ending.what, ending.hint)


def no_result(job: Job, model: str, run: str) -> RunError:
    """For a job that ended well and left no result."""
    state = "ended without an error" if job.status == SUCCEEDED else f"is {job.status}"
    stream = job.last.stream or job.container.stream or "(none)"
    hint = f"Look at its log, stream {stream}: the image may run another command."
    return RunError(f"run {run} of {model}", f"{state}, but wrote no result.json into the store", hint)


def _by_batch(job: Job) -> Ending | None:
    """Where Batch itself, or a person by way of it, ended the job."""
    reason = " ".join(filter(None, (job.reason, job.last.reason)))
    if CANCEL_REASON in reason:
        return Ending("was cancelled", f"Its checkpoints are kept. {_AGAIN}.")
    if any(text in reason for text in _QUEUE_GAVE_UP):
        what = f"waited in the queue for too long ({_clause(job.reason)})"
        return Ending(what, "Offer more GPU families or on-demand instances in infra/training.yaml.")
    if _TIMEOUT in reason:
        limit = f" of {job.timeout / 3600:g} h" if job.timeout else ""
        hint = f"{_AGAIN}; a longer limit is the timeout of the job definition in infra/training.yaml."
        return Ending(f"an attempt ran past its time limit{limit} and was ended", hint)
    if job.ended_by_person:
        what = f"was ended by someone ({_clause(job.reason) or 'no reason was given'})"
        return Ending(what, f"Its checkpoints are kept. {_AGAIN}.")
    return None


def _by_interruption(job: Job) -> Ending | None:
    """Where the last attempt was ended from outside, as the others were; an instance that goes kills its container."""
    attempt, tries = job.last, f"{len(job.attempts)} of {job.allowed} attempts"
    if attempt.reason.startswith(_SPOT):
        return Ending(f"the spot instance was taken back, and {tries} are used", f"{_AGAIN}, on another instance.")
    if attempt.exit_code == EXIT_INTERRUPTED:
        return Ending(f"it was interrupted, and {tries} are used", f"{_AGAIN}.")
    return None


def _by_container(attempt: Attempt) -> Ending | None:
    """Where the container was killed, or never began."""
    why = attempt.container_reason
    if "CannotPull" in f"{why}{attempt.reason}":
        told = _clause(why if "CannotPull" in why else attempt.reason)
        hint = "Run `pilotlight image push`, and see that the instances reach ECR: a public subnet, or VPC endpoints."
        return Ending(f"the image could not be pulled ({told})", hint)
    if "OutOfMemory" in why or attempt.exit_code == _KILLED:
        told = _clause(why) if "OutOfMemory" in why else f"exit code {_KILLED}"
        hint = "Take a smaller --batch-size, or give the job definition in infra/training.yaml more memory."
        return Ending(f"the container was killed, as where its memory is used up ({told})", hint)
    return None


def _by_exit_code(job: Job, run: str) -> Ending:
    attempt = job.last
    log = f"Look at its log: `pilotlight runs watch {run}` shows it again."
    if attempt.exit_code == EXIT_REFUSED:
        return Ending("the gate refused the model, and nothing was published", log)
    if attempt.exit_code == EXIT_DEFECT:
        return Ending("it was stopped by a defect of Pilotlight's", f"{log} Report what it says.")
    why = attempt.container_reason or attempt.reason or job.reason or "AWS Batch gives no reason"
    code = "" if attempt.exit_code is None else f", exit code {attempt.exit_code}"
    return Ending(f"it failed ({_clause(why)}{code})", log)


def _clause(text: str) -> str:
    """A message that becomes part of a sentence."""
    return " ".join(text.split()).rstrip(".")
