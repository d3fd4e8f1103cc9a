"""One job for one run: two submitters at once, one that was killed, one that Batch refused."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support.batch_descriptions import JOB, RUN, definition, job
from support.scripted_batch import ScriptedBatch

from pilotlight.batch import Claims, JobSpec, Submission, submit_job
from pilotlight.batch.claims import CLAIM_SECONDS
from pilotlight.core.errors import RunError, StoreError
from pilotlight.store import FolderBlobs

NOW = 1_700_000_000.0
ORDER = JobSpec(
    RUN, "digits", "training", definition(), "repository:0123456789ab", ("digits", "--run", RUN), {"data": {}}
)


class Clock:
    """Seconds that pass when someone sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class YieldingClock(Clock):
    """A Clock whose seconds also take a hundredth of a second, in which another thread gets on."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        time.sleep(seconds / 100)


@pytest.fixture
def files(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def submit_now(engine: ScriptedBatch, files: FolderBlobs, clock: Clock) -> Submission:
    claims = Claims(files, RUN, by="tester", clock=clock, sleep=clock.sleep)
    return submit_job(ORDER, engine, files, claims, clock)


def document(files: FolderBlobs, name: str) -> Any:
    return json.loads(files.get_bytes(f".runs/{RUN}/{name}") or b"null")


def test_a_job_and_its_records(files: FolderBlobs) -> None:
    engine = ScriptedBatch(definitions=[definition()])
    assert submit_now(engine, files, Clock()) == ("job-1", True)
    assert document(files, "run.json")["submitted"] == "2023-11-14T22:13:20+00:00"
    assert document(files, "run.json")["queue"] == "training"
    assert document(files, "jobs/job-1.json")["claim"] == 1
    assert document(files, "claims/0001.json") == {"by": "tester", "at": NOW}


def test_a_job_that_is_under_way_is_found(files: FolderBlobs) -> None:
    engine = ScriptedBatch(definitions=[definition()])
    submit_now(engine, files, Clock())
    assert submit_now(engine, files, Clock()) == ("job-1", False)
    assert len(engine.submitted) == 1


def test_a_job_of_a_killed_submitter_is_found_by_its_name(files: FolderBlobs) -> None:
    """Killed between SubmitJob and the record: the store has the claim alone."""
    files.put_bytes(f".runs/{RUN}/claims/0001.json", json.dumps({"by": "killed", "at": NOW}).encode())
    engine = ScriptedBatch([job("RUNNING")], definitions=[definition()])
    clock = Clock()
    assert submit_now(engine, files, clock) == (JOB, False)
    assert (engine.submitted, clock.slept) == ([], [])


def test_the_claim_of_a_killed_submitter_grows_old(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/claims/0001.json", json.dumps({"by": "killed", "at": NOW - 30}).encode())
    engine, clock = ScriptedBatch(definitions=[definition()]), Clock()
    assert submit_now(engine, files, clock) == ("job-1", True)
    assert sum(clock.slept) == CLAIM_SECONDS
    assert document(files, "jobs/job-1.json")["claim"] == 2


@pytest.mark.parametrize("apart", [-130.0, 130.0, -1800.0, 1800.0])
def test_a_claim_is_waited_for_whatever_the_clock_of_its_machine_says(files: FolderBlobs, apart: float) -> None:
    """The other submitter is at work and submits after a minute."""
    files.put_bytes(f".runs/{RUN}/claims/0001.json", json.dumps({"by": "other", "at": NOW + apart}).encode())
    engine, clock = ScriptedBatch(definitions=[definition()]), Clock()

    class Meanwhile(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if sum(self.slept) == 60:
                engine.submit_job({"jobName": f"digits-{RUN}"})
                record = {"job": "job-1", "claim": 1, "queue": "training"}
                files.put_bytes(f".runs/{RUN}/jobs/job-1.json", json.dumps(record).encode())

    clock = Meanwhile()
    assert submit_now(engine, files, clock) == ("job-1", False)
    assert sum(clock.slept) == 60
    assert len(engine.submitted) == 1


def test_a_claim_of_yesterday_costs_no_wait(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/claims/0001.json", json.dumps({"by": "killed", "at": NOW - 86400}).encode())
    engine, clock = ScriptedBatch(definitions=[definition()]), Clock()
    assert submit_now(engine, files, clock) == ("job-1", True)
    assert clock.slept == []


def test_a_job_that_has_failed_is_followed_by_another(files: FolderBlobs) -> None:
    engine = ScriptedBatch(definitions=[definition()])
    submit_now(engine, files, Clock())
    engine._states = [{**job("FAILED"), "jobId": "job-1", "jobName": f"digits-{RUN}"}]
    assert submit_now(engine, files, Clock()) == ("job-2", True)
    assert document(files, "jobs/job-2.json")["claim"] == 2


class Refusing(ScriptedBatch):
    """Batch that takes no job."""

    def submit_job(self, request: object) -> str:
        del request
        raise RunError("job queue training", "AWS Batch answered AccessDeniedException", "Ask.")


def test_a_refusal_gives_the_claim_up(files: FolderBlobs) -> None:
    with pytest.raises(RunError, match="AccessDeniedException"):
        submit_now(Refusing(definitions=[definition()]), files, Clock())
    engine, clock = ScriptedBatch(definitions=[definition()]), Clock()
    assert submit_now(engine, files, clock) == ("job-1", True)
    assert clock.slept == []


def test_a_submitter_that_slept_through_its_claim_submits_nothing(files: FolderBlobs) -> None:
    clock = Clock()

    class Slow(ScriptedBatch):
        def register_definition(self, request: Any) -> str:
            clock.now += CLAIM_SECONDS
            return super().register_definition(request)

    engine = Slow(definitions=[definition()])
    with pytest.raises(RunError, match="submitting took too long, so nothing was submitted"):
        submit_now(engine, files, clock)
    assert engine.submitted == []


def test_of_two_at_once_one_submits(files: FolderBlobs) -> None:
    """Both have seen that no job is under way; the claim decides."""
    meeting = threading.Barrier(2, timeout=30)
    lock = threading.Lock()

    class Together(ScriptedBatch):
        waits = True

        def list_jobs(self, queue: str, job_name: str) -> list[str]:
            with lock:
                found = super().list_jobs(queue, job_name)
            if threading.current_thread().name not in seen:
                seen.add(threading.current_thread().name)
                meeting.wait()
            return found

        def submit_job(self, request: Any) -> str:
            with lock:
                return super().submit_job(request)

    seen: set[str] = set()
    engine = Together(definitions=[definition()])
    found: list[Submission] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(submit_now(engine, files, YieldingClock())), name=f"submitter {place}"
        )
        for place in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == [("job-1", False), ("job-1", True)]
    assert len(engine.submitted) == 1


@pytest.mark.parametrize("content", [b"", b"[]", b'{"at": "noon"}', b'{"at": [1]}', b'{"at": 1' + b"0" * 400 + b"}"])
def test_a_damaged_claim_is_named(files: FolderBlobs, content: bytes) -> None:
    files.put_bytes(f".runs/{RUN}/claims/0001.json", content)
    with pytest.raises(StoreError, match=r"claims/0001\.json: is damaged .* delete it, and run the command again"):
        submit_now(ScriptedBatch(), files, Clock())


def test_a_file_beside_the_claims_is_none(files: FolderBlobs) -> None:
    files.put_bytes(f".runs/{RUN}/claims/notes.txt", b"a note")
    assert submit_now(ScriptedBatch(), files, Clock()).new
