"""A folder of text files, one a class: de.txt holds German, a text a line."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.text.lines import read_lines

_HINT: Final = "It needs a file NAME.txt for each class, a text a line, in UTF-8."
_HELD_OUT: Final = 5
"""One line in so many."""


class Labelled(NamedTuple):
    """arrays: texts, and the place of their class in `classes`."""

    arrays: Arrays
    classes: tuple[str, ...]


def load_text_folder(folder: Path, where: str, longest: int) -> Labelled:
    """The lines of each .txt file below `folder`, classes by the files' names, sorted.

    A line goes to one part by its content, so that equal lines are never in both. longest: characters of a line, at
    most. DataError calls the folder `where`.
    """
    files = sorted(folder.glob("*.txt"))
    if len(files) < 2:
        raise DataError(where, f"holds {len(files)} .txt files", _HINT)
    parts: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
    for label, path in enumerate(files):
        lines = (line.strip() for line in read_lines(path, _HINT, longest))
        for line in dict.fromkeys(line for line in lines if line):
            parts[crc32(line.encode()) % _HELD_OUT == 0].append((line, label))
    for part, name in zip(parts, ("to learn from", "to hold out"), strict=True):
        missing = set(range(len(files))) - {label for _, label in part}
        if missing:
            raise DataError(str(files[min(missing)]), f"has no line {name}", "Give it more lines.")
    columns = [np.array(column) for part in parts for column in zip(*part, strict=True)]
    return Labelled(Arrays(*columns), tuple(path.stem for path in files))
