"""Who may submit a run: of several at once, one.

AWS Batch takes the same job twice, so the store decides: `.runs/<run>/claims/<n>.json` is put only if absent, and who
put it submits. A claim is settled once a job's record names it, or once it is given up because Batch refused. One that
is neither belongs to a submitter at work, or to one that was killed: the next number may be taken by who has seen it so
for CLAIM_SECONDS. These are seconds of one clock: what a claim says of its own time is another machine's, and believed
only where it is LONG_AGO. A job that a killed submitter had submitted is found in the queue by its name, which is asked
for just before submitting, so it is not paid for twice either.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pilotlight.batch.protocol import Clock, RunFiles, Sleep
from pilotlight.batch.records import read_claim, read_jobs, write
from pilotlight.core.run_files import run_key

CLAIM_SECONDS: Final = 120.0
"""Longer than a submission takes: registering a job definition and submitting are two requests."""

LONG_AGO: Final = 3600.0
"""No two clocks are so far apart; a claim that says so of itself is not waited for."""

_POLL_SECONDS: Final = 2.0


class Claims:
    """The claims to `run`. by: who claims, for people who look into the store. clock: seconds since the epoch."""

    def __init__(self, files: RunFiles, run: str, *, by: str, clock: Clock, sleep: Sleep) -> None:
        self._files = files
        self._run = run
        self._by = by
        self._clock = clock
        self._sleep = sleep

    def take(self) -> int | None:
        """The number of a claim that is ours now; None where another submitter had one and has submitted meanwhile."""
        waited = False
        seen: dict[int, float] = {}
        while True:
            number = self._newest()
            if number and not self._settled(number):
                now = self._clock()
                if now - seen.setdefault(number, now) < CLAIM_SECONDS and now - self._at(number) < LONG_AGO:
                    self._sleep(_POLL_SECONDS)
                    waited = True
                    continue
            elif waited:
                return None
            if write(self._files, self._name(number + 1), {"by": self._by, "at": self._clock()}):
                return number + 1
            waited = True

    def fresh(self, number: int) -> bool:
        """False where so much time has passed that another may soon take the next claim, told by our own clock."""
        return self._clock() - self._at(number) < CLAIM_SECONDS / 2

    def give_up(self, number: int) -> None:
        """Nothing was submitted under `number`, and the next may be taken at once."""
        write(self._files, self._name(number, ".given-up"), {"by": self._by, "at": self._clock()})

    def _newest(self) -> int:
        names = self._files.names(run_key(self._run, "claims/"))
        return max((int(name.rpartition("/")[2].partition(".")[0]) for name in names), default=0)

    def _settled(self, number: int) -> bool:
        if any(job.get("claim") == number for job in read_jobs(self._files, self._run)):
            return True
        return self._files.get_bytes(self._name(number, ".given-up")) is not None

    def _at(self, number: int) -> float:
        return read_claim(self._files, self._name(number))

    def _name(self, number: int, ending: str = "") -> str:
        return run_key(self._run, f"claims/{number:04}{ending}.json")


def iso(seconds: float) -> str:
    """Seconds since the epoch as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
