"""Building the image of a project and sending it to its repository."""

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
    "THESE PACKAGES DO NOT MATCH THE HASHES": "Write the locks anew: python -m pilotlight.packaging.training_lock.",
    "No matching distribution found": "The base image must have Python 3.13, and the package index must be reachable.",
    "manifest unknown": "The base image is not in its registry: correct the digest, or give another with --base.",
    "pull access denied": "The base image is not in its registry: correct its name, or give another with --base.",
    "COPY failed": f"Look whether infra/training.ignore leaves out what {DOCKERFILE} copies.",
    "": f"Mend {DOCKERFILE} or what it names, then run the command again.",
}
_PUSH_HINTS: Final = {
    "no basic auth credentials": "Log in to the registry with `docker login`.",
    "authorization token has expired": "Run the command again: it logs in anew.",
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
    """Who lets Docker into a repository."""

    def password(self, repository: str) -> str | None:
        """What the user AWS logs in with; None where Docker's own settings have to do."""


class BuiltImage(NamedTuple):
    """An image. image: repository:tag. new: whether this call made or sent it, or found it there."""

    image: str
    tag: str
    new: bool


def build_image(root: Path, docker: Docker, progress: Progress, variant: Variant = _OWN) -> BuiltImage:
    """Builds the image of the project at `root`; what is unchanged comes from Docker's cache. ImageError if it fails.

    What is sent is written down first and named from there: a file that is saved meanwhile is of the next image.
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
    """Sends the image of the project at `root` to `repository`, unless its tag is there. ImageError if it fails.

    A tag is written once: the same files have the same tag, and what runs from it must not change under it.
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
