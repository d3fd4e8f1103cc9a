"""AWS Batch: queues, job definitions and jobs, as its API describes them (AWS Batch API Reference)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient

_AT_ONCE = 100
"""Jobs that one DescribeJobs takes."""


class BatchEngine:
    """The queues and jobs of one account and region. Every method raises RunError where Batch refuses."""

    def __init__(self, client: BatchClient) -> None:
        self._client = client

    def queue(self, name: str) -> Mapping[str, Any] | None:
        """JobQueueDetail of the queue with this name or ARN, None where there is none."""
        with _reported(f"job queue {name}"):
            found = self._client.describe_job_queues(jobQueues=[name])["jobQueues"]
        return found[0] if found else None

    def environments(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        """ComputeEnvironmentDetail of each that is there."""
        with _reported("compute environments"):
            found = self._client.describe_compute_environments(computeEnvironments=list(names))
        return [*found["computeEnvironments"]]

    def definition(self, name: str) -> Mapping[str, Any] | None:
        """JobDefinition of an ARN or NAME:REVISION, of a NAME its newest active revision; None where there is none."""
        last = name.rpartition("/")[2]
        if ":" not in last:
            return max(self.revisions(last), key=lambda revision: revision["revision"], default=None)
        with _reported(f"job definition {name}"):
            found = self._client.describe_job_definitions(jobDefinitions=[name])["jobDefinitions"]
        return found[0] if found else None

    def revisions(self, name: str) -> list[Mapping[str, Any]]:
        """Every active revision of the job definition `name`."""
        with _reported(f"job definition {name}"):
            pages = self._client.get_paginator("describe_job_definitions").paginate(
                jobDefinitionName=name, status="ACTIVE"
            )
            return [definition for page in pages for definition in page["jobDefinitions"]]

    def register(self, request: Mapping[str, Any]) -> str:
        """Registers a revision; its ARN. request: of RegisterJobDefinition."""
        with _reported(f"job definition {request['jobDefinitionName']}"):
            return self._client.register_job_definition(**cast("Any", request))["jobDefinitionArn"]

    def submit(self, request: Mapping[str, Any]) -> str:
        """Submits a job; its id. request: of SubmitJob."""
        with _reported(f"job queue {request['jobQueue']}"):
            return self._client.submit_job(**cast("Any", request))["jobId"]

    def named(self, queue: str, job_name: str) -> list[str]:
        """The ids of the jobs in `queue` that are called `job_name`, whatever their state."""
        with _reported(f"job queue {queue}"):
            pages = self._client.get_paginator("list_jobs").paginate(
                jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [job_name]}]
            )
            return [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    def jobs(self, ids: Iterable[str]) -> list[Mapping[str, Any]]:
        """JobDetail of each that Batch still knows: it keeps ended jobs for at least seven days."""
        with _reported("jobs"):
            wanted = list(ids)
            parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
            return [job for part in parts for job in self._client.describe_jobs(jobs=part)["jobs"]]

    def terminate(self, job: str, reason: str) -> None:
        """Ends a job in any state; one that has ended stays as it is."""
        with _reported(f"job {job}"):
            self._client.terminate_job(jobId=job, reason=reason)


def _reported(where: str) -> AbstractContextManager[None]:
    return reported(where, RunError, "AWS Batch")
