"""Reads and writes the JSON files that the store holds for a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pilotlight.batch.protocol import RunFiles
from pilotlight.core.documents import RUN_LIMITS, InvalidDocument, parse_object
from pilotlight.core.errors import StoreError


class DamagedRecord(StoreError):
    """A file that the store holds for a run does not have the content that was written there."""


def write_record(files: RunFiles, name: str, value: Mapping[str, Any]) -> bool:
    """Write a JSON object unless the file exists; return whether it was written."""
    return files.put_bytes(name, (json.dumps(value, indent=2, default=str) + "\n").encode())


def read_record(files: RunFiles, name: str) -> dict[str, Any] | None:
    """Return the JSON object in a file; None where there is no such file.

    Raises:
        DamagedRecord: The file holds something else.
    """
    raw = files.get_bytes(name)
    if raw is None:
        return None
    try:
        return parse_object(raw, RUN_LIMITS)
    except InvalidDocument as error:
        raise build_damage_error(files, name, error) from error


def build_damage_error(files: RunFiles, name: str, cause: Exception) -> DamagedRecord:
    """Return the error for a file that cannot be read because of `cause`."""
    where = f"{files.location}/{name}"
    return DamagedRecord(where, f"is damaged ({cause})", "Look at it, delete it, and run the command again.")
