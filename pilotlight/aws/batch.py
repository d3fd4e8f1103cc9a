"""AWS Batch: queues, job definitions and jobs, in the shapes of the AWS Batch API Reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient

_PER_REQUEST = 100
"""How many jobs one DescribeJobs request takes."""


class BatchService:
    """The queues and jobs of one account and region. Every method raises RunError where AWS refuses the request.

    Args:
        client: boto3's client of AWS Batch.
    """

    def __init__(self, client: BatchClient) -> None:
        self._client = client

    def describe_queue(self, name: str) -> Mapping[str, Any] | None:
        """Return the JobQueueDetail of a name or ARN; None where there is no such queue."""
        with _translate(f"job queue {name}"):
            found = self._client.describe_job_queues(jobQueues=[name])["jobQueues"]
        return found[0] if found else None

    def describe_environments(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        """Return the ComputeEnvironmentDetail of each compute environment that exists."""
        with _translate("compute environments"):
            found = self._client.describe_compute_environments(computeEnvironments=list(names))
        return [*found["computeEnvironments"]]

    def describe_definition(self, name: str) -> Mapping[str, Any] | None:
        """Return the JobDefinition of an ARN or NAME:REVISION; of a NAME, its newest active revision.

        None where there is none.
        """
        last = name.rpartition("/")[2]
        if ":" not in last:
            return max(self.list_revisions(last), key=lambda revision: revision["revision"], default=None)
        with _translate(f"job definition {name}"):
            found = self._client.describe_job_definitions(jobDefinitions=[name])["jobDefinitions"]
        return found[0] if found else None

    def list_revisions(self, name: str) -> list[Mapping[str, Any]]:
        """Return every active revision of a job definition."""
        with _translate(f"job definition {name}"):
            pages = self._client.get_paginator("describe_job_definitions").paginate(
                jobDefinitionName=name, status="ACTIVE"
            )
            return [definition for page in pages for definition in page["jobDefinitions"]]

    def register_definition(self, request: Mapping[str, Any]) -> str:
        """Register a revision and return its ARN. `request` is that of RegisterJobDefinition."""
        with _translate(f"job definition {request['jobDefinitionName']}"):
            return self._client.register_job_definition(**cast("Any", request))["jobDefinitionArn"]

    def submit_job(self, request: Mapping[str, Any]) -> str:
        """Submit a job and return its id. `request` is that of SubmitJob."""
        with _translate(f"job queue {request['jobQueue']}"):
            return self._client.submit_job(**cast("Any", request))["jobId"]

    def list_jobs(self, queue: str, job_name: str) -> list[str]:
        """Return the ids of the jobs with this name in a queue, in any state."""
        with _translate(f"job queue {queue}"):
            pages = self._client.get_paginator("list_jobs").paginate(
                jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [job_name]}]
            )
            return [job["jobId"] for page in pages for job in page["jobSummaryList"]]

    def describe_jobs(self, ids: Iterable[str]) -> list[Mapping[str, Any]]:
        """Return the JobDetail of each job that AWS Batch still knows. It keeps ended jobs for at least seven days."""
        with _translate("jobs"):
            listed = list(ids)
            parts = [listed[start : start + _PER_REQUEST] for start in range(0, len(listed), _PER_REQUEST)]
            return [job for part in parts for job in self._client.describe_jobs(jobs=part)["jobs"]]

    def terminate_job(self, job: str, reason: str) -> None:
        """Terminate a job in any state. A job that has ended stays as it is."""
        with _translate(f"job {job}"):
            self._client.terminate_job(jobId=job, reason=reason)


def _translate(where: str) -> AbstractContextManager[None]:
    return translate_errors(where, RunError, "AWS Batch")
