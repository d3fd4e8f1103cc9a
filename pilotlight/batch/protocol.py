"""What a run on AWS Batch needs of the world: AWS and the store. pilotlight.aws has the real ones.

Descriptions are as the AWS Batch and EC2 API References document them; this room turns them into its own values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Description = Mapping[str, Any]
"""One object of an AWS API's answer."""

Clock = Callable[[], float]
"""Seconds since the epoch."""

Sleep = Callable[[float], None]
"""Waits so many seconds."""


class Engine(Protocol):
    """AWS Batch. RunError where it refuses."""

    def queue(self, name: str) -> Description | None:
        """JobQueueDetail of a name or ARN, None where there is no such queue."""

    def environments(self, names: Iterable[str]) -> Sequence[Description]:
        """ComputeEnvironmentDetail of each."""

    def definition(self, name: str) -> Description | None:
        """JobDefinition of an ARN, or of a name its newest active revision."""

    def revisions(self, name: str) -> Sequence[Description]:
        """Every active revision of a job definition."""

    def register(self, request: Description) -> str:
        """Registers a revision; its ARN."""

    def submit(self, request: Description) -> str:
        """Submits a job; its id."""

    def named(self, queue: str, job_name: str) -> Sequence[str]:
        """The ids of the jobs in a queue that are called so, whatever their state."""

    def jobs(self, ids: Iterable[str]) -> Sequence[Description]:
        """JobDetail of each that is still known."""

    def terminate(self, job: str, reason: str) -> None:
        """Ends a job in any state."""


class Logs(Protocol):
    """CloudWatch Logs."""

    def read(self, group: str, stream: str, token: str | None) -> tuple[Sequence[str], str | None] | None:
        """The lines after `token` and the token of what follows, the same one at the end; None for no such stream."""


class Images(Protocol):
    """ECR."""

    def has(self, repository: str, tag: str) -> bool:
        """True where the repository holds an image with this tag."""

    def password(self, repository: str) -> str:
        """What `docker login --username AWS` takes for the registry of `repository`."""


class Quotas(Protocol):
    """Service Quotas of EC2."""

    def value(self, code: str) -> float | None:
        """The quota with this code, None where there is none; RunError where it may not be read."""


class Machines(Protocol):
    """EC2's instances."""

    def types(self, names: Iterable[str]) -> Sequence[Description]:
        """InstanceTypeInfo of each type, and of each size of a family."""

    def instance(self, container_instance: str) -> Description | None:
        """Instance behind an ECS container instance's ARN, None once it is gone."""


class Prices(Protocol):
    """US dollars an hour."""

    def spot(self, types: Iterable[str]) -> Sequence[tuple[str, str, float]]:
        """Type, availability zone and spot price now."""

    def on_demand(self, kind: str) -> float | None:
        """The on-demand price of a type."""


class Stacks(Protocol):
    """CloudFormation."""

    def outputs(self, name: str) -> Mapping[str, str] | None:
        """A stack's outputs, None where there is no such stack."""


class Objects(Protocol):
    """S3, without the content."""

    def one(self, url: str) -> tuple[str, int] | None:
        """ETag and size of an object, None where there is none."""

    def below(self, url: str) -> Sequence[tuple[str, str, int]]:
        """Key, ETag and size of every object below a prefix, sorted."""


class RunFiles(Protocol):
    """The store's blobs, each written once."""

    @property
    def location(self) -> str:
        """Where the store is."""

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Stores `content` unless something is there; True where it was stored."""

    def get_bytes(self, name: str) -> bytes | None:
        """The content of `name`, None where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with `prefix`, sorted."""


class Cloud(NamedTuple):
    """All of AWS that a run needs. region: for messages."""

    region: str
    engine: Engine
    logs: Logs
    images: Images
    quotas: Quotas
    machines: Machines
    prices: Prices
    stacks: Stacks
    objects: Objects
