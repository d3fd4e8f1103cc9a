"""The collaborators of a workflow: the project, the store, AWS, the clock, and where to report."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pilotlight.core.clock import Clock, utc_now
from pilotlight.core.progress import Progress, Silent
from pilotlight.core.project import Project, find_project
from pilotlight.core.stop_request import StopRequest
from pilotlight.core.store_location import FolderLocation, StoreLocation

if TYPE_CHECKING:  # these packages import numpy, onnx or boto3
    from pilotlight.batch import Cloud
    from pilotlight.store import Blobs, Store
    from pilotlight_runtime.session import OpenSession


def open_blobs(location: StoreLocation) -> Blobs:
    """Open the blobs of a store.

    Args:
        location: A folder or a prefix in S3.
    """
    if isinstance(location, FolderLocation):
        from pilotlight.store import FolderBlobs

        return FolderBlobs(location.path)
    from pilotlight.aws import S3Blobs, create_s3_client

    return S3Blobs(create_s3_client(), location.bucket, location.prefix)


def download_data(url: str, target: Path) -> None:
    """Download training data from S3.

    Args:
        url: s3://bucket/key of one object, or s3://bucket/prefix/ for everything below it.
        target: The file to write; the folder where `url` ends with a slash.
    """
    from pilotlight.aws import create_s3_client, download_object, download_prefix

    fetch = download_prefix if url.endswith("/") else download_object
    fetch(create_s3_client(), url, target)


def connect_to_aws() -> Cloud:
    """Return the AWS services that a training run uses, with the environment's credentials and region."""
    from pilotlight import aws
    from pilotlight.batch import Cloud

    clients = aws.Clients()
    return Cloud(
        region=clients.region,
        batch=aws.BatchService(clients.batch),
        logs=aws.LogStreams(clients.logs),
        images=aws.Images(clients.ecr),
        quotas=aws.Quotas(clients.quotas),
        instances=aws.Instances(clients.ec2, clients.ecs),
        prices=aws.Prices(clients.ec2, lambda: clients.pricing, clients.region),
        stacks=aws.Stacks(clients.cloudformation),
        objects=aws.Objects(clients.s3),
    )


def compute_image_tag(root: Path) -> str:
    """Compute the tag of the training image for the present code of a project.

    Args:
        root: The root of the project.
    """
    from pilotlight.image import compute_tag, read_variant

    return compute_tag(root, variant=read_variant(root))


def describe_user() -> str:
    """Return user@host, for people who read the files of a run."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user id without a name
        return socket.gethostname()


@dataclass(frozen=True)
class Context:
    """The collaborators of a workflow. All of them can be replaced, so tests run a workflow without AWS.

    Attributes:
        cwd: The folder that relative paths count from, and where the search for the project begins.
        environ: The environment variables.
        progress: Where stages report.
        clock: The time of day.
        sleep: Waits for a number of seconds.
        stop: Ends a fit early on request.
        connect: Connects to AWS. Only workflows that need AWS call it.
        download: Downloads s3:// data to a path.
        compute_image_tag: Computes the tag of the training image of a project.
        user: The person who runs the workflow.
        given_project: The project, where it is not the one around `cwd`.
        given_store: The store, where it is not the project's own.
        given_engine: Opens a graph, where ONNX Runtime does not.
    """

    cwd: Path
    environ: Mapping[str, str]
    progress: Progress = field(default_factory=Silent)
    clock: Clock = utc_now
    sleep: Callable[[float], None] = time.sleep
    stop: StopRequest = field(default_factory=StopRequest)
    connect: Callable[[], Cloud] = connect_to_aws
    download: Callable[[str, Path], None] = download_data
    compute_image_tag: Callable[[Path], str] = compute_image_tag
    user: str = field(default_factory=describe_user)
    given_project: Project | None = None
    given_store: Store | None = None
    given_engine: OpenSession | None = None

    @cached_property
    def project(self) -> Project:
        """The project around `cwd`; ProjectError where there is none."""
        return self.given_project or find_project(self.cwd, self.environ)

    @cached_property
    def blobs(self) -> Blobs:
        """The blobs of the project's store: versions and runs."""
        return open_blobs(self.project.store_location)

    @cached_property
    def store(self) -> Store:
        """The project's store of versions."""
        if self.given_store is not None:
            return self.given_store
        from pilotlight.store import Store

        return Store(self.blobs)

    @cached_property
    def open_session(self) -> OpenSession:
        """Opens a graph with ONNX Runtime, as the functions do."""
        if self.given_engine is not None:
            return self.given_engine
        from pilotlight_runtime.engine.ort_session import open_session

        return open_session

    @property
    def layer_cache(self) -> Path:
        """The folder of finished layers, which are named by the digest of their content."""
        return self.project.root / ".pilotlight" / "cache" / "layers"

    def path(self, given: str | Path) -> Path:
        """Return `given` as a path, counted from `cwd` where it is relative."""
        return self.cwd / given

    def seconds(self) -> float:
        """Return the time of day in seconds since the epoch."""
        return self.clock().timestamp()
