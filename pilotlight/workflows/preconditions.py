"""What is checked before anything is fitted, submitted or published."""

from __future__ import annotations

import re
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.model_config import ModelConfig
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.manifest import ImageInput
from pilotlight_runtime.signature import Signature

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
        ProjectError: It describes no input of the signature.
    """
    if image is None:
        return
    spec = signature.input(image.input)
    size = (image.height, image.width)
    wanted = (1, *size, image.channels) if image.layout == "NHWC" else (1, image.channels, *size)
    if spec is None or len(signature.inputs) != 1 or spec.datatype is not FP32 or not spec.accepts(wanted):
        shown = ", ".join(f"{spec.name} {spec.datatype.name} {list(spec.shape)}" for spec in signature.inputs)
        raise ProjectError(
            where,
            f"[image] gives {image.input} FP32 {list(wanted)}, the model's inputs are {shown}",
            "An image must be the model's only input; correct [image].",
        )


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
