"""Coming back to a run on AWS Batch: watching it, cancelling it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pilotlight.batch import CANCEL_REASON, live_job, read_run, run_names
from pilotlight.cli.watching import follow, tell_result
from pilotlight.cli.wiring import out, print_json
from pilotlight.core.errors import RunError
from pilotlight.core.runs import CHECKPOINTS, run_key

if TYPE_CHECKING:
    from pilotlight.batch import Cloud, Display, Job, RunFiles, RunRecord
    from pilotlight.cli.cloud import World


def watch_run(files: RunFiles, run: str, display: Display, world: World, *, as_json: bool) -> None:
    """Follows the run's newest job to its end; RunError where it failed or was never submitted."""
    record = existing_run(files, run)
    job, result = _newest_job(record), record.result
    cloud = world.cloud() if job or record.queue else None
    if cloud is not None and result is None:
        alive = _live(files, record, cloud)
        job = alive.id if alive is not None else job
    if cloud is not None and job and cloud.engine.jobs([job]):
        result = follow(cloud, files, run, job, display=display, world=world)
    if result is None:
        what = "was never submitted" if not job else "has no result, and AWS Batch has forgotten its job"
        raise RunError(f"run {run} of {record.model}", what, "Run the same `pilotlight train` again.")
    pin = f"To serve it: pilotlight pin {result.model}@{result.version}"
    tell_result(files, run, job, result, as_json=as_json, following=pin)


def cancel_run(files: RunFiles, run: str, cloud: Cloud, *, as_json: bool) -> None:
    """Ends the run's job in whatever state it is; RunError where none is under way."""
    record = existing_run(files, run)
    alive = _live(files, record, cloud)
    if alive is None:
        what = "is finished" if record.result else "has no job under way"
        raise RunError(f"run {run} of {record.model}", what, "`pilotlight runs` lists what is.")
    cloud.engine.terminate(alive.id, CANCEL_REASON)
    kept = f"{files.location}/{run_key(run, CHECKPOINTS)}/"
    if as_json:
        print_json({"run": run, "model": record.model, "job": alive.id, "state": "cancelled", "checkpoints": kept})
        return
    out().print(
        f"Run [bold]{run}[/] of {record.model} is being ended. Its checkpoints are kept in {kept}; "
        "the same `pilotlight train` goes on from them.",
        soft_wrap=True,
    )


def existing_run(files: RunFiles, run: str) -> RunRecord:
    """The run, where the store has it; else RunError with the nearest that there is."""
    names = run_names(files)
    if run in names:
        return read_run(files, run)
    near = difflib.get_close_matches(run, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`pilotlight runs` lists those there are."
    raise RunError(f"run {run!r}", f"is not in the store {files.location}", hint)


def _live(files: RunFiles, record: RunRecord, cloud: Cloud) -> Job | None:
    """The run's job that has not ended; its name finds one whose submitter was killed before it wrote a record."""
    if not record.queue:
        return None
    return live_job(cloud.engine, files, record.run, queue=record.queue, model=record.model)


def _newest_job(record: RunRecord) -> str:
    return next((str(job["job"]) for job in reversed(record.jobs) if job.get("job")), "")
