"""What the store holds of runs: see pilotlight.core.run_files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pilotlight.batch.protocol import RunFiles
from pilotlight.core.errors import StoreError
from pilotlight.core.run_files import JOBS, RESULT_NAME, RUN_NAME, RUNS, run_key

_COSTS: Final = "costs"


class DamagedRecord(StoreError):
    """Something that the store holds of a run is not what was written there."""


class Result(NamedTuple):
    """result.json: what a run made. metric: its name, "" where the model has none. floor: of the next model."""

    model: str
    version: str
    new: bool
    metric: str
    value: float | None
    metrics: Mapping[str, Any]
    seconds: float
    finished: str


class Spent(NamedTuple):
    """What one job has cost, from the lowest to the highest it may be, US dollars."""

    low: float
    high: float


class RunRecord(NamedTuple):
    """One run. asked: run.json, empty where none was written. jobs: the records of its jobs, the oldest first.

    spent: what they have cost together, as far as someone watched them to their end; None where nobody did.
    damaged: what is wrong with one of these, of which then none is here; "" where nothing is.
    """

    run: str
    asked: Mapping[str, Any]
    jobs: tuple[Mapping[str, Any], ...]
    result: Result | None
    spent: Spent | None = None
    damaged: str = ""

    @property
    def queue(self) -> str:
        """The queue of its newest job, else the one that it was to be submitted to; "" where it never was."""
        of_jobs = (str(job["queue"]) for job in reversed(self.jobs) if job.get("queue"))
        return next(of_jobs, str(self.asked.get("queue", "")))

    @property
    def model(self) -> str:
        return str(self.asked.get("model") or (self.result.model if self.result else ""))

    @property
    def submitted(self) -> str:
        """ISO 8601, "" where it was never submitted to an engine."""
        return str(self.asked.get("submitted", ""))


def read_result(files: RunFiles, run: str) -> Result | None:
    """The result of `run`, None where it has none; DamagedRecord where it is none."""
    found = _read(files, run_key(run, RESULT_NAME))
    if found is None:
        return None
    try:
        value = found.get("value")
        return Result(
            model=str(found["model"]),
            version=str(found["version"]),
            new=bool(found.get("new", True)),
            metric=str(found.get("metric") or ""),
            value=None if value is None else float(value),
            metrics=dict(found.get("metrics") or {}),
            seconds=float(found.get("seconds", 0.0)),
            finished=str(found.get("finished", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(files, run_key(run, RESULT_NAME), error) from error


def read_jobs(files: RunFiles, run: str) -> tuple[Mapping[str, Any], ...]:
    """The records of the jobs of `run`, the oldest first."""
    return _jobs(files, run, list(files.names(run_key(run, f"{JOBS}/"))))


def read_claim(files: RunFiles, name: str) -> float:
    """When a claim was made, seconds since the epoch; 0 where nothing is there."""
    found = _read(files, name)
    return float(found.get("at", 0.0)) if found else 0.0


def read_run(files: RunFiles, run: str) -> RunRecord:
    """All of `run`."""
    return _record(files, run, list(files.names(run_key(run))))


def record_cost(files: RunFiles, run: str, job: str, low: float, high: float) -> None:
    """Keeps what an ended job has cost, which nobody can tell once Batch has forgotten it."""
    write(files, run_key(run, f"{_COSTS}/{job}.json"), {"low": low, "high": high, "currency": "USD"})


def run_names(files: RunFiles) -> list[str]:
    """Every run that was submitted or has a result, sorted."""
    return sorted(_by_run(files))


def read_runs(files: RunFiles) -> list[RunRecord]:
    """Every run that was submitted or has a result, the newest first; one that is damaged says so, and comes last."""
    found = [_shown(files, run, names) for run, names in _by_run(files).items()]
    return sorted(found, key=lambda one: one.submitted or (one.result.finished if one.result else ""), reverse=True)


def seconds_of_model(files: RunFiles, model: str) -> float | None:
    """How long the newest finished run of `model` took, None where there is none. Damaged ones are left out."""
    found = (_result_if_whole(files, run) for run in run_names(files))
    mine = [result for result in found if result is not None and result.model == model and result.seconds > 0]
    return max(mine, key=lambda result: result.finished).seconds if mine else None


def write(files: RunFiles, name: str, value: Mapping[str, Any]) -> bool:
    """Writes JSON unless something is there; True where it was written."""
    return files.put_bytes(name, (json.dumps(value, indent=2, default=str) + "\n").encode())


def _by_run(files: RunFiles) -> dict[str, list[str]]:
    """The names of the blobs of each run, in one listing; what is no run is left out."""
    found: dict[str, list[str]] = {}
    for name in files.names(f"{RUNS}/"):
        found.setdefault(name.split("/")[1], []).append(name)
    begun = (RUN_NAME, RESULT_NAME)
    return {run: names for run, names in found.items() if any(run_key(run, name) in names for name in begun)}


def _record(files: RunFiles, run: str, names: list[str]) -> RunRecord:
    """A run of which `names` are the blobs; what is not among them is not asked for."""
    asked = _read(files, run_key(run, RUN_NAME)) or {} if run_key(run, RUN_NAME) in names else {}
    result = read_result(files, run) if run_key(run, RESULT_NAME) in names else None
    return RunRecord(run, asked, _jobs(files, run, names), result, _spent(files, run, names))


def _shown(files: RunFiles, run: str, names: list[str]) -> RunRecord:
    try:
        return _record(files, run, names)
    except DamagedRecord as error:
        return RunRecord(run, {}, (), None, damaged=str(error))


def _result_if_whole(files: RunFiles, run: str) -> Result | None:
    try:
        return read_result(files, run)
    except DamagedRecord:
        return None


def _jobs(files: RunFiles, run: str, names: list[str]) -> tuple[Mapping[str, Any], ...]:
    found = (_read(files, name) for name in names if name.startswith(run_key(run, f"{JOBS}/")))
    return tuple(sorted((job for job in found if job is not None), key=lambda job: str(job.get("submitted", ""))))


def _spent(files: RunFiles, run: str, names: list[str]) -> Spent | None:
    told = [name for name in names if name.startswith(run_key(run, f"{_COSTS}/"))]
    found = [_cost(files, name) for name in told]
    return Spent(sum(cost.low for cost in found), sum(cost.high for cost in found)) if found else None


def _cost(files: RunFiles, name: str) -> Spent:
    cost = _read(files, name) or {}
    try:
        return Spent(float(cost.get("low", 0.0)), float(cost.get("high", 0.0)))
    except (TypeError, ValueError) as error:
        raise _damaged(files, name, error) from error


def _read(files: RunFiles, name: str) -> dict[str, Any] | None:
    raw = files.get_bytes(name)
    if raw is None:
        return None
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _damaged(files, name, error) from error
    if not isinstance(found, dict):
        raise _damaged(files, name, TypeError("no object"))
    return found


def _damaged(files: RunFiles, name: str, error: Exception) -> DamagedRecord:
    where = f"{files.location}/{name}"
    return DamagedRecord(where, f"is damaged ({error})", "Look at it, delete it, and run the command again.")
