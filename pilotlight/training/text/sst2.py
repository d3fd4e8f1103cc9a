"""A folder in the layout in which the Stanford sentiment sentences are passed on: train.tsv, dev.tsv and test.tsv."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.text.lines import read_lines

_HINT: Final = "Each line is a sentence, a tab, and 0 (negative) or 1 (positive), in UTF-8."
_CLASSES: Final = {"0": 0, "1": 1}


def load_sst2(folder: Path, where: str) -> Arrays:
    """The sentences as texts, 0 or 1 each; test.tsv is held out. dev.tsv need not be there.

    dev.tsv is learned from as train.tsv is: nothing is chosen by it, since a run has its settings before it begins.
    DataError, which calls the folder `where`, names the file and the line that is wrong.
    """
    texts, labels = _read(folder / "train.tsv", where)
    if (folder / "dev.tsv").is_file():
        more = _read(folder / "dev.tsv", where)
        texts, labels = texts + more[0], labels + more[1]
    held = _read(folder / "test.tsv", where)
    return Arrays(*(np.array(column) for column in (texts, labels, *held)))


def _read(path: Path, where: str) -> tuple[list[str], list[int]]:
    try:
        lines = read_lines(path, _HINT)
    except FileNotFoundError as error:
        raise DataError(where, f"has no {path.name}", "It needs train.tsv and test.tsv. " + _HINT) from error
    texts, labels = [], []
    for number, line in enumerate(lines, start=1):
        text, _, label = line.rpartition("\t")
        if not text.strip() or label.strip() not in _CLASSES:
            raise DataError(f"{path}:{number}", "is no sentence with its class", _HINT)
        texts.append(text)
        labels.append(_CLASSES[label.strip()])
    if not texts:
        raise DataError(str(path), "holds no sentences", _HINT)
    return texts, labels
