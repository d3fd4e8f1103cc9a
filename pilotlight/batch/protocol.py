"""The AWS services and the store's files that a run on AWS Batch needs. pilotlight.aws implements the services.

Every `Description` has the shape that the API References of AWS Batch and EC2 document.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Description = Mapping[str, Any]
"""One object in the response of an AWS API."""

EpochClock = Callable[[], float]
"""Returns the current time in seconds since the epoch."""

Sleep = Callable[[float], None]
"""Waits for a number of seconds."""


class BatchService(Protocol):
    """AWS Batch. Every method raises RunError where AWS refuses the request."""

    def describe_queue(self, name: str) -> Description | None:
        """Return the JobQueueDetail of a name or ARN; None where there is no such queue."""

    def describe_environments(self, names: Iterable[str]) -> Sequence[Description]:
        """Return the ComputeEnvironmentDetail of each compute environment that exists."""

    def describe_definition(self, name: str) -> Description | None:
        """Return the JobDefinition of an ARN; of a name, its newest active revision."""

    def list_revisions(self, name: str) -> Sequence[Description]:
        """Return every active revision of a job definition."""

    def register_definition(self, request: Description) -> str:
        """Register a revision of a job definition and return its ARN."""

    def submit_job(self, request: Description) -> str:
        """Submit a job and return its id."""

    def list_jobs(self, queue: str, job_name: str) -> Sequence[str]:
        """Return the ids of the jobs with this name in a queue, in any state."""

    def describe_jobs(self, ids: Iterable[str]) -> Sequence[Description]:
        """Return the JobDetail of each job that AWS Batch still knows."""

    def terminate_job(self, job: str, reason: str) -> None:
        """Terminate a job in any state."""


class LogStreams(Protocol):
    """CloudWatch Logs."""

    def read(self, group: str, stream: str, token: str | None) -> tuple[Sequence[str], str | None] | None:
        """Return the lines after `token` and the next token, which stays the same at the end.

        None where there is no such stream yet.
        """


class Images(Protocol):
    """Amazon ECR."""

    def has(self, repository: str, tag: str) -> bool:
        """Return whether the repository holds an image with this tag."""

    def get_password(self, repository: str) -> str:
        """Return the password for `docker login --username AWS` at the registry of `repository`."""


class Quotas(Protocol):
    """The quotas of EC2 in Service Quotas."""

    def read_value(self, code: str) -> float | None:
        """Return the quota with this code; None where there is none. RunError where it cannot be read."""


class Instances(Protocol):
    """EC2 instances and instance types."""

    def describe_types(self, names: Iterable[str]) -> Sequence[Description]:
        """Return the InstanceTypeInfo of each instance type, and of every size of each family."""

    def describe_instance(self, container_instance: str) -> Description | None:
        """Return the Instance behind the ARN of an ECS container instance; None once it is gone."""


class Prices(Protocol):
    """Prices of instance types, US dollars an hour."""

    def list_spot(self, types: Iterable[str]) -> Sequence[tuple[str, str, float]]:
        """Return instance type, availability zone and present spot price."""

    def read_on_demand(self, instance_type: str) -> float | None:
        """Return the on-demand price of an instance type; None where there is none."""


class Stacks(Protocol):
    """CloudFormation."""

    def read_outputs(self, name: str) -> Mapping[str, str] | None:
        """Return the outputs of a stack; None where there is no such stack."""


class Objects(Protocol):
    """S3 objects, without their content."""

    def find(self, url: str) -> tuple[str, int] | None:
        """Return the ETag and the size in bytes of an object; None where there is none."""

    def list_prefix(self, url: str) -> Sequence[tuple[str, str, int]]:
        """Return key, ETag and size in bytes of every object below a prefix, sorted."""


class RunFiles(Protocol):
    """The store's blobs. Each is written once."""

    @property
    def location(self) -> str:
        """Where the store is."""

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Write `content` unless the blob exists; return whether it was written."""

    def get_bytes(self, name: str) -> bytes | None:
        """Return the content of a blob; None where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the name of every blob that begins with `prefix`, sorted."""


class Cloud(NamedTuple):
    """Every AWS service that a run needs. `region` is for messages; "" where it is unknown."""

    region: str
    batch: BatchService
    logs: LogStreams
    images: Images
    quotas: Quotas
    instances: Instances
    prices: Prices
    stacks: Stacks
    objects: Objects
