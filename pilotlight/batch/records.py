"""Reads what the store holds about runs: see pilotlight.core.run_files for the files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pilotlight.batch.money import DollarRange, add_ranges
from pilotlight.batch.protocol import RunFiles
from pilotlight.batch.record_files import DamagedRecord, build_damage_error, read_record, write_record
from pilotlight.batch.run_record import RunRecord, RunResult
from pilotlight.core.run_files import JOBS, RESULT_NAME, RUN_NAME, RUNS, run_key

_COSTS: Final = "costs"


def read_result(files: RunFiles, run: str) -> RunResult | None:
    """Read the result of a run; None where it has none.

    Raises:
        DamagedRecord: result.json holds something else.
    """
    name = run_key(run, RESULT_NAME)
    found = read_record(files, name)
    if found is None:
        return None
    try:
        value = found.get("value")
        return RunResult(
            model=str(found["model"]),
            version=str(found["version"]),
            new=bool(found.get("new", True)),
            metric=str(found.get("metric") or ""),
            value=None if value is None else _to_finite_number(value),
            metrics=dict(found.get("metrics") or {}),
            seconds=_to_finite_number(found.get("seconds", 0.0)),
            finished=str(found.get("finished", "")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise build_damage_error(files, name, error) from error


def _to_finite_number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def read_jobs(files: RunFiles, run: str) -> tuple[Mapping[str, Any], ...]:
    """Read the records of a run's jobs, the oldest first."""
    return _read_jobs(files, run, list(files.names(run_key(run, f"{JOBS}/"))))


def read_claim_time(files: RunFiles, name: str) -> float:
    """Return when a claim was made, in seconds since the epoch; 0 where there is no such claim.

    Raises:
        DamagedRecord: The claim holds something else.
    """
    found = read_record(files, name)
    try:
        return float(found.get("at", 0.0)) if found else 0.0
    except (TypeError, ValueError, OverflowError) as error:
        raise build_damage_error(files, name, error) from error


def read_run(files: RunFiles, run: str) -> RunRecord:
    """Read everything that the store holds about a run.

    Raises:
        DamagedRecord: One of its files is damaged.
    """
    return _read_run(files, run, list(files.names(run_key(run))))


def read_runs(files: RunFiles) -> list[RunRecord]:
    """Read every run that was submitted or has a result, the newest first. Damaged runs come last."""
    records = [_read_run_or_damage(files, run, names) for run, names in _group_names_by_run(files).items()]
    return sorted(records, key=lambda one: one.submitted or (one.result.finished if one.result else ""), reverse=True)


def list_run_ids(files: RunFiles) -> list[str]:
    """Return the id of every run that was submitted or has a result, sorted."""
    return sorted(_group_names_by_run(files))


def read_last_duration(files: RunFiles, model: str) -> float | None:
    """Return how many seconds the newest finished run of a model took; None where there is none.

    Damaged results are left out.
    """
    found = (_read_sound_result(files, run) for run in list_run_ids(files))
    results = [result for result in found if result is not None and result.model == model and result.seconds > 0]
    return max(results, key=lambda result: result.finished).seconds if results else None


def record_cost(files: RunFiles, run: str, job: str, cost: DollarRange) -> None:
    """Keep what an ended job has cost. It cannot be computed again once AWS Batch has forgotten the job."""
    record = {"low": cost.low, "high": cost.high, "currency": "USD"}
    write_record(files, run_key(run, f"{_COSTS}/{job}.json"), record)


def _group_names_by_run(files: RunFiles) -> dict[str, list[str]]:
    """Return the blob names of each run, from one listing. A run has at least run.json or result.json."""
    found: dict[str, list[str]] = {}
    for name in files.names(f"{RUNS}/"):
        found.setdefault(name.split("/")[1], []).append(name)
    either = (RUN_NAME, RESULT_NAME)
    return {
        run: names
        for run, names in found.items()
        if run.isprintable() and any(run_key(run, name) in names for name in either)
    }


def _read_run(files: RunFiles, run: str, names: list[str]) -> RunRecord:
    """Read a run whose blobs are `names`, without a request for any other blob."""
    request = read_record(files, run_key(run, RUN_NAME)) or {} if run_key(run, RUN_NAME) in names else {}
    result = read_result(files, run) if run_key(run, RESULT_NAME) in names else None
    return RunRecord(run, request, _read_jobs(files, run, names), result, _read_spent(files, run, names))


def _read_run_or_damage(files: RunFiles, run: str, names: list[str]) -> RunRecord:
    try:
        return _read_run(files, run, names)
    except DamagedRecord as error:
        return RunRecord(run, {}, (), None, damaged=str(error))


def _read_sound_result(files: RunFiles, run: str) -> RunResult | None:
    try:
        return read_result(files, run)
    except DamagedRecord:
        return None


def _read_jobs(files: RunFiles, run: str, names: list[str]) -> tuple[Mapping[str, Any], ...]:
    found = (read_record(files, name) for name in names if name.startswith(run_key(run, f"{JOBS}/")))
    return tuple(sorted((job for job in found if job is not None), key=lambda job: str(job.get("submitted", ""))))


def _read_spent(files: RunFiles, run: str, names: list[str]) -> DollarRange | None:
    costs = [_read_cost(files, name) for name in names if name.startswith(run_key(run, f"{_COSTS}/"))]
    return add_ranges(costs) if costs else None


def _read_cost(files: RunFiles, name: str) -> DollarRange:
    cost = read_record(files, name) or {}
    try:
        return DollarRange(float(cost.get("low", 0.0)), float(cost.get("high", 0.0)))
    except (TypeError, ValueError, OverflowError) as error:
        raise build_damage_error(files, name, error) from error
