"""The CloudFormation stack of a project."""

from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.toml_file import read_toml

_SETTINGS_NAME: Final = "pilotlight.toml"
_SAM_NAME: Final = "samconfig.toml"
_SAM_COMMANDS: Final = ("deploy", "global")
"""`sam deploy --guided` writes stack_name to the first, which SAM reads first. The scaffold writes it to the second."""


def read_stack_name(root: Path) -> str:
    """Read the name of the stack that a project is deployed as.

    Args:
        root: The root of the project.

    Returns:
        `stack` under [batch] in pilotlight.toml, else stack_name in samconfig.toml.

    Raises:
        ProjectError: Neither file names a stack, or a file is wrong.
    """
    settings = read_toml(root / _SETTINGS_NAME) or {}
    batch = settings.get("batch", {})
    if not isinstance(batch, dict) or not isinstance(batch.get("stack", ""), str):
        raise ProjectError(str(root / _SETTINGS_NAME), "batch.stack is not text", 'Write [batch] stack = "NAME".')
    sam = (read_toml(root / _SAM_NAME) or {}).get("default", {})
    named = [batch.get("stack"), *(_find_sam_name(sam, place) for place in _SAM_COMMANDS)]
    found = next((name for name in named if isinstance(name, str) and name), None)
    if found is None:
        hint = 'Add [batch] stack = "NAME" to it, with the stack name that you gave to `sam deploy`.'
        raise ProjectError(str(root / _SETTINGS_NAME), f"names no stack, and {_SAM_NAME} has no stack_name", hint)
    return found


def _find_sam_name(sam: Any, place: str) -> object:
    for key in (place, "parameters"):
        sam = sam.get(key, {}) if isinstance(sam, dict) else {}
    return sam.get("stack_name") if isinstance(sam, dict) else None
