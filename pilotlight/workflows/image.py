"""image: build the container image in which models train on AWS Batch, and push it to its repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pilotlight import image
from pilotlight.batch import Cloud, read_stack_settings
from pilotlight.core.stack import read_stack_name
from pilotlight.image import BuiltImage, Docker, Variant, read_variant
from pilotlight.workflows.context import Context

__all__ = ["BuiltImage", "EcrRegistry", "ImageRequest", "PushRequest", "build_image", "push_image", "tag_image"]

_ECR: Final = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")


@dataclass(frozen=True)
class ImageRequest:
    """Which image of the project. A field that is None is as [image] in pilotlight.toml says.

    Attributes:
        base: The base image, in place of the Dockerfile's.
        cpu: TensorFlow for the CPU instead of GPUs.
    """

    base: str | None = None
    cpu: bool | None = None


@dataclass(frozen=True)
class PushRequest(ImageRequest):
    """Which image to push, and where to.

    Attributes:
        repository: The image's repository; None for the output TrainingRepository of the project's stack.
    """

    repository: str | None = None


class EcrRegistry:
    """Logs in to repositories of Amazon ECR. Docker's own settings hold the passwords of all others.

    Args:
        connect: Connects to AWS; called only for a repository of ECR.
    """

    def __init__(self, connect: Callable[[], Cloud]) -> None:
        self._connect = connect

    def password(self, repository: str) -> str | None:
        """See pilotlight.image.Registry."""
        return self._connect().images.get_password(repository) if _ECR.match(repository) else None


def build_image(request: ImageRequest, context: Context) -> BuiltImage:
    """Build the training image with Docker.

    Raises:
        ImageError: Docker is missing or fails, or the project has no Dockerfile.
    """
    root, progress = context.project.root, context.progress
    return image.build_image(root, Docker(progress.note), progress, _read_variant(request, context))


def push_image(request: PushRequest, context: Context) -> BuiltImage:
    """Push the training image, as it was built, to its repository. A tag that is there already is left alone.

    Raises:
        ImageError: The image is not built, or Docker is missing or fails.
        RunError: The project's stack has no repository, or AWS refuses.
    """
    progress = context.progress
    repository = request.repository or _find_repository(context)
    docker, registry = Docker(progress.note), EcrRegistry(context.connect)
    variant = _read_variant(request, context)
    return image.push_image(context.project.root, repository, docker, registry, progress, variant)


def tag_image(request: ImageRequest, context: Context) -> str:
    """Return the tag of the training image for the project's files as they are now.

    Raises:
        ImageError: The project has no Dockerfile.
    """
    return image.compute_tag(context.project.root, variant=_read_variant(request, context))


def _read_variant(request: ImageRequest, context: Context) -> Variant:
    return read_variant(context.project.root, base=request.base, cpu=request.cpu)


def _find_repository(context: Context) -> str:
    cloud = context.connect()
    return read_stack_settings(cloud.stacks, read_stack_name(context.project.root), cloud.region).repository
