"""Reads the text files of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilotlight.core.errors import ProjectError, UserError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file

_MOST_BYTES: Final = 16 * MEBIBYTE


def read_text_file(
    path: Path, *, name: str = "", error: type[UserError] = ProjectError, encoding: str = "utf-8"
) -> str | None:
    """Read a text file that a person edits.

    Args:
        path: The file.
        name: Its name for messages; its path where empty.
        error: The class of the errors.
        encoding: UTF-8, with or without a byte order mark (utf-8-sig).

    Returns:
        Its text; None where nothing is there, or a link that leads nowhere.

    Raises:
        UserError: It is no regular file, cannot be read, is larger than any such file, or is not UTF-8; of the class
            `error`.
    """
    if not path.exists():
        return None
    where = name or str(path)
    content = read_file(path, Origin(where, "Check that it is the file that you mean.", error), _MOST_BYTES)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise error(where, f"is not UTF-8 text: {problem}", "Save it as UTF-8.") from problem
