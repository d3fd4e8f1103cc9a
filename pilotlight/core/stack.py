"""The CloudFormation stack that a project is deployed as."""

import tomllib
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError

_SETTINGS_NAME: Final = "pilotlight.toml"
_SAM_NAME: Final = "samconfig.toml"
_SAM_PLACES: Final = ("deploy", "global")
"""Where `sam deploy --guided` writes stack_name, which SAM reads first, and where the scaffold has it."""


def stack_name(root: Path) -> str:
    """`stack` under [batch] in pilotlight.toml, else stack_name in samconfig.toml; ProjectError where there is none."""
    settings = _table(root / _SETTINGS_NAME)
    batch = settings.get("batch", {})
    if not isinstance(batch, dict) or not isinstance(batch.get("stack", ""), str):
        raise ProjectError(str(root / _SETTINGS_NAME), "batch.stack is not text", 'Write [batch] stack = "NAME".')
    sam = _table(root / _SAM_NAME).get("default", {})
    named = [batch.get("stack"), *(_sam_name(sam, place) for place in _SAM_PLACES)]
    found = next((name for name in named if isinstance(name, str) and name), None)
    if found is None:
        hint = 'Write [batch] stack = "NAME" into it, the name that `sam deploy` was given.'
        raise ProjectError(str(root / _SETTINGS_NAME), f"names no stack, and {_SAM_NAME} has no stack_name", hint)
    return found


def _sam_name(sam: Any, place: str) -> object:
    for key in (place, "parameters"):
        sam = sam.get(key, {}) if isinstance(sam, dict) else {}
    return sam.get("stack_name") if isinstance(sam, dict) else None


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(str(path), f"is not TOML: {error}", "Mend the line it names.") from error
