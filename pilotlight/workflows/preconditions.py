"""What is checked before anything is fitted, submitted or published."""

from __future__ import annotations

import re
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.errors import SessionError
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.protocol.images import ImageCodec
from pilotlight_runtime.signature import Signature

_IMAGE_HINT: Final = "An image must be the model's only input; correct [image]."
_FLOATS: Final = ("e", "f", "d")
"""`struct` characters of the datatypes that hold fractions."""

_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def check_seeds(config: ModelConfig, count: int, where: str) -> None:
    """Check, before anything is fitted, that several seeds can be compared.

    Args:
        config: The configuration of the model.
        count: The number of seeds.
        where: The file that configures the model, for the error.

    Raises:
        ProjectError: model.toml names no metric or no signature.
    """
    if count > 1 and (not config.training.metric or config.signature is None):
        lacks = "[signature]" if config.training.metric else "training.metric"
        raise ProjectError(where, f"has no {lacks}, so seeds cannot be compared", "Name it, or train with one seed.")


def check_image(where: str, image: ImageInput | None, signature: Signature) -> None:
    """Check that [image] of model.toml describes the model's input.

    Args:
        where: The file, for the error.
        image: [image]; None checks nothing.
        signature: The inputs of the model.

    Raises:
        ProjectError: It describes no input of the signature, or pixels that the input's datatype cannot hold.
    """
    if image is None:
        return
    spec = signature.input(image.input)
    if spec is None or len(signature.inputs) != 1:
        shown = ", ".join(f"{spec.name} {spec.datatype.name} {list(spec.shape)}" for spec in signature.inputs)
        raise ProjectError(where, f"[image] gives {image.input}, the model's inputs are {shown}", _IMAGE_HINT)
    try:
        ImageCodec(image, spec)
    except SessionError as error:
        raise ProjectError(where, f"[image] and the model differ: {error}", _IMAGE_HINT) from error
    values = (pixel * image.scale + image.offset for pixel in range(256))
    if spec.datatype.format not in _FLOATS and any(value != round(value) for value in values):
        what = f"[image] makes numbers with a fraction, and {spec.name} is {spec.datatype.name}"
        raise ProjectError(where, what, "Leave out scale and offset, or give whole numbers.")


def check_run_name(name: str) -> str:
    """Check that a run can have a name.

    Args:
        name: The name.

    Returns:
        The name.

    Raises:
        ProjectError: The name is invalid.
    """
    if not _RUN.fullmatch(name):
        hint = "Use letters, digits, - and _, at most 80."
        raise ProjectError(f"run {name!r}", "is not a valid name of a run", hint)
    return name
