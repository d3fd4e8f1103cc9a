"""A folder of aligned text files, the layout in which Multi30k is passed on: line n of two files means the same."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.text.lines import read_lines

_HINT: Final = "It needs train.{0}, train.{1}, test.{0} and test.{1}, plain or .gz, a sentence a line, in UTF-8."


def load_aligned(folder: Path, source: str, target: str, where: str) -> Arrays:
    """The sentences of train.* and of test*.*, that of the languages `source` and `target`; other files are left alone.

    The test part may have a longer name, such as test_2016_flickr. DataError calls the folder `where`.
    """
    hint = _HINT.format(source, target)
    parts = [
        _read(_file(folder, f"{part}{wildcard}.{language}", where, hint), hint)
        for part, wildcard in (("train", ""), ("test", "*"))
        for language in (source, target)
    ]
    for name, left, right in (("train", *parts[:2]), ("test", *parts[2:])):
        if len(left) != len(right):
            said = f"has {len(left)} lines of {source} and {len(right)} of {target} in {name}"
            raise DataError(where, said, "Line n of both must mean the same.")
    return Arrays(*map(np.array, parts))


def _file(folder: Path, pattern: str, where: str, hint: str) -> Path:
    found = sorted({*folder.glob(pattern), *folder.glob(f"{pattern}.gz")})
    if len(found) != 1:
        raise DataError(where, f"has {len(found)} files called {pattern} or {pattern}.gz", hint)
    return found[0]


def _read(path: Path, hint: str) -> list[str]:
    lines = read_lines(path, hint) or [""]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{path}:{number}", "is no sentence", hint)
    return lines
