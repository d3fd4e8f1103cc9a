"""A folder of labelled texts: train.tsv, test.tsv and perhaps dev.tsv, as SST-2's sentences are distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.data.classes import check_classes
from pilotlight.training.run import Run
from pilotlight.training.text.lines import read_lines, source_folder, text_array

_LAYOUT: Final = "a folder with train.tsv and test.tsv"


def load_tsv_folder(run: Run, classes: Sequence[str]) -> Arrays:
    """Reads a folder with `train.tsv` and `test.tsv`: a text, a tab and the number of its class a line.

    `dev.tsv`, where it exists, belongs to the training part too: the settings of a run are fixed before it starts, so
    nothing is chosen by it.

    Args:
        run: Its `source` is the folder.
        classes: The names of the classes. The files have their numbers, 0 for the first, or these names.

    Returns:
        Texts as x, int64 numbers of classes as y; `test.tsv` is held out.

    Raises:
        DataError: The source is not a folder, or a file is malformed; the message names the line.
    """
    folder = source_folder(run.location, _LAYOUT)
    numbers = {str(number): number for number in range(len(classes))} | {
        name: number for number, name in enumerate(classes)
    }
    known = ", ".join(f"{number} ({name})" for number, name in enumerate(classes))
    hint = f"Each line is a text, a tab, and its class, one of {known}, in UTF-8."
    texts, labels = _read(folder / "train.tsv", run.source, numbers, hint)
    if (folder / "dev.tsv").is_file():
        more = _read(folder / "dev.tsv", run.source, numbers, hint)
        texts, labels = texts + more[0], labels + more[1]
    held_out = _read(folder / "test.tsv", run.source, numbers, hint)
    columns = (text_array(texts, run.source), np.array(labels), text_array(held_out[0], run.source))
    arrays = check_arrays(Arrays(*columns, np.array(held_out[1])), run.source)
    check_classes(arrays, classes, run.source)
    return arrays


def _read(path: Path, where: str, numbers: Mapping[str, int], hint: str) -> tuple[list[str], list[int]]:
    try:
        lines = read_lines(path, hint)
    except FileNotFoundError as error:
        raise DataError(where, f"has no {path.name}", f"It needs to be {_LAYOUT}. {hint}") from error
    texts, labels = [], []
    for number, line in enumerate(lines, start=1):
        text, _, label = line.rpartition("\t")
        if not text.strip() or label.strip() not in numbers:
            raise DataError(f"{path}:{number}", "is not a text with its class", hint)
        texts.append(text)
        labels.append(numbers[label.strip()])
    if not texts:
        raise DataError(str(path), "holds no texts", hint)
    return texts, labels
