"""The names of a model: its folder, its URL and its CloudFormation resource."""

import re
from typing import Final

from pilotlight.core.errors import ProjectError

RESERVED_NAMES: Final = frozenset({"catalog"})
"""Folders under functions/ that are not models."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_MAX_LENGTH: Final = 40
"""CloudFormation makes the functions' names from logical IDs and shortens them to Lambda's 64 characters itself."""


def check_model_name(name: str) -> str:
    """Check that a name can be a folder, a URL segment and a logical ID.

    Args:
        name: The name.

    Returns:
        The name.

    Raises:
        ProjectError: The name is invalid or reserved.
    """
    if len(name) > _MAX_LENGTH or not _NAME.fullmatch(name):
        raise ProjectError(
            f"model name {name!r}",
            "is not valid: use lower-case letters and digits, with words joined by - or _, at most 40 characters long",
            "Choose a name such as spam-filter.",
        )
    if name in RESERVED_NAMES:
        raise ProjectError(f"model name {name!r}", "is reserved by Pilotlight", "Choose another name.")
    return name


def to_logical_stem(name: str) -> str:
    """Return the start of a model's CloudFormation logical IDs: spam-filter becomes SpamFilter."""
    return "".join(word.capitalize() for word in re.split("[-_]", name))


def have_same_ids(name: str, other: str) -> bool:
    """Return whether two models would have the same logical IDs, or IDs that differ only in upper and lower case.

    CloudFormation tells such IDs apart, but the SAM CLI makes folders and image names of them, which are the same on
    many machines.

    Args:
        name: The name of a model.
        other: The name of another folder under functions/.
    """
    return to_logical_stem(name).casefold() == to_logical_stem(other).casefold()
