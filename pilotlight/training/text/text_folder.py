"""A folder of text files, one a class: de.txt holds German, a text a line."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.core.printable import escape_controls, name_of
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.run import Run
from pilotlight.training.text.lines import MAX_CHARACTERS, read_lines, source_folder, text_array

_LAYOUT: Final = "a folder with a file NAME.txt for each class, a text a line, in UTF-8"
_HINT: Final = f"It needs to be {_LAYOUT}."
_HELD_OUT: Final = 5
"""One line in so many."""


class LabelledTexts(NamedTuple):
    """Texts with the names of their classes.

    Attributes:
        arrays: Texts as x, int64 numbers of classes as y.
        classes: The names, in the order of the numbers.
    """

    arrays: Arrays
    classes: tuple[str, ...]


def load_text_folder(run: Run, max_characters: int = MAX_CHARACTERS) -> LabelledTexts:
    """Reads a folder with a text file `NAME.txt` for each class, a text a line.

    A fifth of the lines is held out. A line's content decides which part it belongs to, so equal lines are never in
    both parts.

    Args:
        run: Its `source` is the folder.
        max_characters: The most that a line may have.

    Returns:
        The texts and the names of the classes: the files' names, sorted.

    Raises:
        DataError: The source is not a folder, or a file is malformed.
    """
    folder = source_folder(run.location, _LAYOUT)
    files = sorted(folder.glob("*.txt"))
    for path in files:
        if escape_controls(path.stem) != path.stem:
            what = f"holds the file {name_of(path.name)!r}, whose name cannot be that of a class"
            raise DataError(run.source, what, "Rename it.")
    if len(files) < 2:
        raise DataError(run.source, f"holds {len(files)} .txt files", _HINT)
    parts = _split(files, max_characters)
    for part, name in zip(parts, ("to learn from", "to hold out"), strict=True):
        missing = set(range(len(files))) - {label for _, label in part}
        if missing:
            raise DataError(str(files[min(missing)]), f"has no line {name}", "Add more lines.")
    columns = [
        column
        for texts, labels in (zip(*part, strict=True) for part in parts)
        for column in (text_array(texts, run.source), np.array(labels))
    ]
    arrays = check_arrays(Arrays(*columns), run.source)
    return LabelledTexts(arrays, tuple(path.stem for path in files))


def _split(files: list[Path], max_characters: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The lines with the numbers of their files: those to learn from, and those that are held out."""
    parts: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
    for label, path in enumerate(files):
        lines = (line.strip() for line in read_lines(path, _HINT, max_characters))
        for line in dict.fromkeys(line for line in lines if line):
            parts[crc32(line.encode()) % _HELD_OUT == 0].append((line, label))
    return parts
