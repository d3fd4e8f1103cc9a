"""Decides who submits a run: of several submitters at once, one.

AWS Batch accepts the same job twice, so the store decides. `.runs/<run>/claims/<n>.json` is written only if absent, and
whoever wrote it submits. A claim is settled once a job's record names it, or once it is released because AWS Batch
refused the job. An unsettled claim belongs to a submitter at work, or to one that was killed. Who has seen it unsettled
for CLAIM_SECONDS may take the next number. These seconds are measured by the waiting machine's own clock. The time in a
claim comes from another machine's clock, so it counts only where it is more than LONG_AGO seconds old. A killed
submitter may have submitted a job. That job is found in the queue by its name just before submitting, so no run is paid
for twice.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from pilotlight.batch.protocol import EpochClock, RunFiles, Sleep
from pilotlight.batch.record_files import write_record
from pilotlight.batch.records import read_claim_time, read_jobs
from pilotlight.core.run_files import run_key

CLAIM_SECONDS: Final = 120.0
"""Longer than a submission takes: registering a job definition and submitting are two requests."""

LONG_AGO: Final = 3600.0
"""No two clocks differ by so much, so an older claim is not waited for. Seconds."""

_POLL_SECONDS: Final = 2.0
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
"""Other names in the folder are no claims."""


class Claims:
    """The claims to one run.

    Args:
        files: The store's blobs.
        run: The run's id.
        by: Who claims, for people who look into the store.
        clock: The present time.
        sleep: Waits between two looks at the store.
    """

    def __init__(self, files: RunFiles, run: str, *, by: str, clock: EpochClock, sleep: Sleep) -> None:
        self._files = files
        self._run = run
        self._by = by
        self._clock = clock
        self._sleep = sleep

    def take(self) -> int | None:
        """Take a claim and return its number; None where another submitter had one and has submitted meanwhile."""
        waited = False
        first_seen: dict[int, float] = {}
        while True:
            number = self._find_newest()
            if number and not self._is_settled(number):
                now = self._clock()
                age = now - first_seen.setdefault(number, now)
                if age < CLAIM_SECONDS and now - self._read_time(number) < LONG_AGO:
                    self._sleep(_POLL_SECONDS)
                    waited = True
                    continue
            elif waited:
                return None
            if self._write(number + 1):
                return number + 1
            waited = True

    def is_fresh(self, number: int) -> bool:
        """Return False once another submitter may soon take the next claim, by our own clock."""
        return self._clock() - self._read_time(number) < CLAIM_SECONDS / 2

    def release(self, number: int) -> None:
        """Record that nothing was submitted under `number`, so that the next claim may be taken at once."""
        self._write(number, ".given-up")

    def _find_newest(self) -> int:
        names = self._files.names(run_key(self._run, "claims/"))
        numbers = (name.rpartition("/")[2].partition(".")[0] for name in names)
        return max((int(number) for number in numbers if _NUMBER.fullmatch(number)), default=0)

    def _is_settled(self, number: int) -> bool:
        if any(job.get("claim") == number for job in read_jobs(self._files, self._run)):
            return True
        return self._files.get_bytes(self._name(number, ".given-up")) is not None

    def _read_time(self, number: int) -> float:
        return read_claim_time(self._files, self._name(number))

    def _write(self, number: int, suffix: str = "") -> bool:
        return write_record(self._files, self._name(number, suffix), {"by": self._by, "at": self._clock()})

    def _name(self, number: int, suffix: str = "") -> str:
        return run_key(self._run, f"claims/{number:04}{suffix}.json")


def format_timestamp(seconds: float) -> str:
    """Return seconds since the epoch as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
