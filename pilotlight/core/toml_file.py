"""Reads TOML files, with errors that name the file and what to do."""

import tomllib
from pathlib import Path
from typing import Any

from pilotlight.core.errors import ProjectError


def read_toml(path: Path) -> dict[str, Any] | None:
    """Read a TOML file.

    Args:
        path: The file.

    Returns:
        Its content; None where the file does not exist.

    Raises:
        ProjectError: The file cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProjectError(str(path), f"cannot be read: {error.strerror or error}", "Check its permissions.") from error
    except UnicodeDecodeError as error:
        raise ProjectError(str(path), f"is not TOML: it is not UTF-8 ({error})", "Save it as UTF-8.") from error
    except RecursionError as error:
        raise ProjectError(str(path), "is not TOML: it is nested too deeply", "Correct it.") from error
    except ValueError as error:  # tomllib's own error, or a number with thousands of digits
        raise ProjectError(str(path), f"is not TOML: {error}", "Correct the line that it names.") from error
