"""AWS as the command line hands it to pilotlight.batch: the real thing, and the world around it."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # boto3 loads when a command runs
    from pilotlight.batch import Clock, Cloud, Sleep


def open_cloud() -> Cloud:
    """Every service that a run needs, with the credentials and the region of the environment."""
    from pilotlight import aws
    from pilotlight.batch import Cloud

    clients = aws.Clients()
    return Cloud(
        region=clients.region,
        engine=aws.BatchEngine(clients.batch),
        logs=aws.LogStreams(clients.logs),
        images=aws.Images(clients.ecr),
        quotas=aws.Quotas(clients.quotas),
        machines=aws.Machines(clients.ec2, clients.ecs),
        prices=aws.Prices(clients.ec2, lambda: clients.pricing, clients.region),
        stacks=aws.Stacks(clients.cloudformation),
        objects=aws.Objects(clients.s3),
    )


def code_tag(root: Path) -> str:
    """The tag of the image that holds the project's present code, of the variant that its pilotlight.toml names."""
    from pilotlight.image import image_tag, read_variant

    return image_tag(root, variant=read_variant(root))


def person() -> str:
    """Who runs this, for people who look into the store."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user id without a name
        return socket.gethostname()


@dataclass(frozen=True)
class World:
    """What a run on AWS Batch is told of the outside. clock: seconds since the epoch. tag: of the code in a folder."""

    cloud: Callable[[], Cloud] = open_cloud
    clock: Clock = time.time
    sleep: Sleep = time.sleep
    tag: Callable[[Path], str] = code_tag
    by: str = field(default_factory=person)
