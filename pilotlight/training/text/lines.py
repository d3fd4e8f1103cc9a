"""The lines of a text file, plain or .gz, as every reader of texts takes them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError

MAX_CHARACTERS: Final = 5000
"""The most in a line. An array of texts is as wide as its longest: one text of 100,000 would take gigabytes."""


def source_folder(source: DataSource, layout: str) -> Path:
    """The folder that a run's data source names.

    Args:
        source: The data source.
        layout: What the reader needs, for the message: "a folder with ...".

    Raises:
        DataError: It is not a folder.
    """
    if source.kind is not SourceKind.FOLDER or source.path is None:
        hint = f"Give {layout}, or the name of a data set that the model's train.py knows."
        raise DataError(f"data source {source.text!r}", "is not a folder", hint)
    return source.path


def read_lines(path: Path, hint: str, max_characters: int = MAX_CHARACTERS) -> list[str]:
    """The lines of a text file in UTF-8, with or without a byte order mark; blank lines are included.

    A line ends with a line feed, or with a carriage return and a line feed. Other characters that Unicode counts among
    line ends stay in the line, since a sentence may contain one.

    Args:
        path: The file, gzip-compressed where its name ends in .gz.
        hint: What the file should hold, for messages.
        max_characters: The most in a line.

    Raises:
        DataError: The file cannot be read as text, or a line is too long; the message names the line.
        FileNotFoundError: The file does not exist.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"is not UTF-8 at byte {error.start}", hint) from error
    except (gzip.BadGzipFile, EOFError) as error:
        raise DataError(str(path), f"is not gzip ({error})", hint) from error
    except OSError as error:
        raise DataError(str(path), f"cannot be read ({error.strerror})", hint) from error
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    for number, line in enumerate(lines, start=1):
        if len(line) > max_characters:
            what = f"has {len(line)} characters; the limit is {max_characters}"
            raise DataError(f"{path}:{number}", what, "Split it into several texts, or remove it.")
    return lines
