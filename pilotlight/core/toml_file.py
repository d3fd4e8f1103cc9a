"""Reads TOML files, with errors that name the file and what to do."""

import tomllib
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ProjectError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file

_MOST_BYTES: Final = 16 * MEBIBYTE


def read_toml(path: Path) -> dict[str, Any] | None:
    """Read a TOML file.

    Args:
        path: The file.

    Returns:
        Its content; None where the file does not exist.

    Raises:
        ProjectError: The file cannot be read, is no regular file, or is not TOML.
    """
    if not path.exists():
        return None
    content = read_file(path, Origin(str(path), "Check its permissions.", ProjectError), _MOST_BYTES)
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ProjectError(str(path), f"is not TOML: it is not UTF-8 ({error})", "Save it as UTF-8.") from error
    except RecursionError as error:
        raise ProjectError(str(path), "is not TOML: it is nested too deeply", "Correct it.") from error
    except ValueError as error:  # tomllib's own error, or a number with thousands of digits
        raise ProjectError(str(path), f"is not TOML: {error}", "Correct the line that it names.") from error
