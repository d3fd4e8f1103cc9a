"""Where captured requests are, as commands find it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.service_settings import read_service_settings
from pilotlight_runtime.environment import CAPTURES_VARIABLE
from pilotlight_runtime.metering.captures.names import Location, parse_location

DEFAULT_FOLDER: Final = ".pilotlight/captures"
"""For a table in a file. In DynamoDB there is no default."""
_S3: Final = "s3:"


def locate_captures(given: str, environ: Mapping[str, str], root: Path, *, default: bool) -> Location | None:
    """Find where captures are.

    Args:
        given: What the command says: s3://BUCKET, s3://BUCKET/PREFIX or a folder; "" where it says nothing.
        environ: The environment variables.
        root: The root of the project, from which folders count.
        default: Whether DEFAULT_FOLDER stands for nothing.

    Returns:
        What is given, else $PILOTLIGHT_CAPTURES, else `captures` of [service] in pilotlight.toml, else the default;
        None where there is none of them.

    Raises:
        ProjectError: It is no such location.
    """
    found = given or environ.get(CAPTURES_VARIABLE, "") or read_service_settings(root).captures
    found = found or (DEFAULT_FOLDER if default else "")
    if not found:
        return None
    try:
        return parse_location(found if found.startswith(_S3) else str(root / found))
    except ValueError as error:
        raise ProjectError("captures", str(error), "Write s3://BUCKET or a folder.") from error
