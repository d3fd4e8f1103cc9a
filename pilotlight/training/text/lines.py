"""The lines of a text file, plain or .gz, as every reader of texts takes them."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array
from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory

MAX_CHARACTERS: Final = 5000
"""The most in a line. An array of texts is as wide as its longest: one text of 100,000 would take gigabytes."""

MAX_BYTES: Final = 256 * MEBIBYTE
"""The most bytes of text in a file, after decompression. Zeros of gzip are a thousandth of that."""


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
        text = _read_content(path, Origin(str(path), hint)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"is not UTF-8 at byte {error.start}", hint) from error
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    for number, line in enumerate(lines, start=1):
        if len(line) > max_characters:
            what = f"has {len(line)} characters; the limit is {max_characters}"
            raise DataError(f"{path}:{number}", what, "Split it into several texts, or remove it.")
        if "\0" in line:
            raise DataError(f"{path}:{number}", "holds a NUL character, as UTF-16 does, so it is not UTF-8", hint)
    return lines


def text_array(texts: Sequence[str], where: str) -> Array:
    """The texts as an array, which is as wide as its longest text.

    Args:
        texts: The texts.
        where: The data source, for the message.

    Raises:
        DataError: The array would not fit into the memory of this machine.
    """
    size = len(texts) * max(map(len, texts), default=0) * np.dtype("U1").itemsize
    if size > physical_memory() // 2:
        what = f"needs {size >> 30} GiB of memory: {len(texts):,} texts, each stored as wide as the longest"
        raise DataError(where, what, "Split or remove the longest texts.")
    return np.array(texts)


def _read_content(path: Path, origin: Origin) -> bytes:
    """The content of a file, decompressed where its name ends in .gz; at most MAX_BYTES."""
    if not os.path.lexists(path):
        raise FileNotFoundError(path)
    with open_file(path, origin) as file:
        try:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file) as packed:
                    content = packed.read(MAX_BYTES + 1)
            else:
                content = file.read(MAX_BYTES + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise origin.refuse(f"is not gzip ({error})") from error
        except OSError as error:
            raise origin.refuse(f"cannot be read ({error.strerror})") from error
    if len(content) > MAX_BYTES:
        raise origin.refuse(f"has more than {MAX_BYTES:,} bytes of text, which is the limit")
    return content
