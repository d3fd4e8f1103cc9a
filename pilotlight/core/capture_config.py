"""[capture] of model.toml: which share of a model's requests is captured, and for how long."""

from __future__ import annotations

from pathlib import Path

from pilotlight.core.toml_file import read_toml
from pilotlight.core.toml_table import TomlTable
from pilotlight_runtime.metering.captures.names import DAYS
from pilotlight_runtime.metering.captures.settings import DEFAULT_DAYS, CaptureSettings


def read_capture_config(document: TomlTable) -> CaptureSettings | None:
    """Read [capture] of a model.toml.

    Args:
        document: The whole file.

    Returns:
        The settings; None where the file has no such table, so that nothing is captured.

    Raises:
        ProjectError: A field is wrong. The message names it.
    """
    table = document.read_table("capture")
    if table is None:
        return None
    table.check_keys("share", "days")
    share = table.read_number("share", None, 0.0)
    if not 0 < share <= 1:
        raise table.invalid("share", "a number above 0 and at most 1, such as 0.01", share)
    days = table.read_integer("days", DEFAULT_DAYS, 1)
    if days not in DAYS:
        raise table.invalid("days", f"one of {', '.join(map(str, DAYS))}", days)
    return CaptureSettings(share, days)


def load_capture_config(path: Path) -> CaptureSettings | None:
    """Read [capture] of a model.toml alone, and none of its other fields.

    Args:
        path: The file, which need not exist.

    Raises:
        ProjectError: The file is not TOML, or a field of [capture] is wrong.
    """
    return read_capture_config(TomlTable(path, "", read_toml(path) or {}))
