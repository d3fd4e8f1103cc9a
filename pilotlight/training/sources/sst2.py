"""A folder in the layout in which the Stanford sentiment sentences are passed on: train.tsv and test.tsv."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.arrays import Arrays

_HINT: Final = "Each line is a sentence, a tab, and 0 (negative) or 1 (positive), in UTF-8."
_CLASSES: Final = {"0": 0, "1": 1}


def load_sst2(folder: Path, where: str) -> Arrays:
    """The sentences as texts, 0 or 1 each; train.tsv is learned from, test.tsv held out, other files are left alone.

    DataError, which calls the folder `where`, names the file and the line that is wrong.
    """
    parts = [_read(folder / f"{name}.tsv", where) for name in ("train", "test")]
    return Arrays(*(np.array(column) for column in (parts[0][0], parts[0][1], parts[1][0], parts[1][1])))


def _read(path: Path, where: str) -> tuple[list[str], list[int]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise DataError(where, f"has no {path.name}", "It needs train.tsv and test.tsv. " + _HINT) from error
    except UnicodeDecodeError as error:
        raise DataError(str(path), f"is not UTF-8 at byte {error.start}", _HINT) from error
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
