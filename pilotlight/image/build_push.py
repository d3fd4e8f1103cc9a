"""Builds a project's image, and pushes it to its repository."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from pilotlight.core.errors import ImageError
from pilotlight.core.progress import Progress
from pilotlight.image.content import DOCKERFILE, compute_tag, list_image_files, write_context
from pilotlight.image.docker import Docker
from pilotlight.image.variant import Variant

_LOCAL: Final = "pilotlight-training"
_PLATFORM: Final = "linux/amd64"
"""What Batch's GPU machines are, whatever builds the image."""

_BUILD_HINTS: Final = {
    "THESE PACKAGES DO NOT MATCH THE HASHES": "Write the locks again: python -m pilotlight.packaging.training_lock.",
    "No matching distribution found": "The base image must have Python 3.13, and the package index must be reachable.",
    "manifest unknown": "The base image is not in its registry: correct the digest, or give another with --base.",
    "pull access denied": "The base image is not in its registry: correct its name, or give another with --base.",
    "COPY failed": f"Check that infra/training.ignore does not leave out what {DOCKERFILE} copies.",
    "": f"Correct {DOCKERFILE} or what it names, then run the command again.",
}
_PUSH_HINTS: Final = {
    "no basic auth credentials": "Log in to the registry with `docker login`.",
    "authorization token has expired": "Run the command again: it logs in again.",
    "denied": "The credentials need ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and "
    "ecr:PutImage there.",
    "unauthorized": "Log in to the registry with `docker login`.",
    "name unknown": "Deploy the training stack, which makes the repository, or correct --repository.",
    "does not exist": "Deploy the training stack, which makes the repository, or correct --repository.",
    "connection refused": "Check the address of the repository.",
    "": "Check the address of the repository and the network, then run the command again.",
}
_IMMUTABLE: Final = "tag is immutable"
_OWN: Final = Variant()


class Registry(Protocol):
    """Where the password of a repository comes from."""

    def password(self, repository: str) -> str | None:
        """Return the password of the user AWS; None where Docker's own settings have it."""


class BuiltImage(NamedTuple):
    """An image.

    Attributes:
        image: repository:tag.
        tag: The tag.
        new: Whether this call built or pushed it; False where it was there already.
    """

    image: str
    tag: str
    new: bool


def build_image(root: Path, docker: Docker, progress: Progress, variant: Variant = _OWN) -> BuiltImage:
    """Build the image of a project. What has not changed comes from Docker's cache.

    The files are written to one archive first, and the tag is computed from it: a file that is saved meanwhile belongs
    to the next image.

    Args:
        root: The project's folder.
        docker: Docker's command line.
        progress: Takes reports.
        variant: The base image and requirements.

    Raises:
        ImageError: Docker fails.
    """
    files = list_image_files(root)
    with tempfile.TemporaryFile() as context:
        tag = write_context(files, context, variant)
        name = f"{_LOCAL}:{tag}"
        progress.stage(f"build {name}")
        known = docker.has(name)
        options = ["--force-rm", "--platform", _PLATFORM, "--file", f"project/{DOCKERFILE}", "--tag", name]
        for argument in variant.arguments:
            options += ["--build-arg", argument]
        progress.note(f"{len(files)} files, {context.tell() / 1e6:.1f} MB, are sent to Docker")
        context.seek(0)
        docker.run(DOCKERFILE, "build", *options, "-", hints=_BUILD_HINTS, standard_input=context)
    progress.note(f"{docker.size(name) / 1e9:.1f} GB unpacked")
    return BuiltImage(name, tag, not known)


def push_image(
    root: Path, repository: str, docker: Docker, registry: Registry, progress: Progress, variant: Variant = _OWN
) -> BuiltImage:
    """Push the image of a project, unless the repository has its tag.

    A tag is written once: the same files have the same tag, and what runs from it must not change.

    Args:
        root: The project's folder.
        repository: The repository, without a tag.
        docker: Docker's command line.
        registry: Has the repository's password.
        progress: Takes reports.
        variant: As it was built.

    Raises:
        ImageError: The image is not built, or Docker fails.
    """
    tag = compute_tag(root, variant=variant)
    local, image = f"{_LOCAL}:{tag}", f"{repository}:{tag}"
    progress.stage(f"push {image}")
    password = registry.password(repository)
    if password is not None:
        docker.login(repository.partition("/")[0], "AWS", password)
    if docker.registry_has(image):
        progress.note("is there already")
        return BuiltImage(image, tag, new=False)
    if not docker.has(local):
        raise ImageError(local, "has not been built, or the project has changed since", "Run `pilotlight image build`.")
    docker.run(image, "tag", local, image, hints={"": "Correct the address of the repository."})
    try:
        docker.run(image, "push", image, hints=_PUSH_HINTS)
    except ImageError as error:
        if _IMMUTABLE not in error.what:
            raise
        progress.note("is there already: another push was first")
        return BuiltImage(image, tag, new=False)
    return BuiltImage(image, tag, new=True)
