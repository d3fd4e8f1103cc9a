"""A folder of aligned text files, as Multi30k is distributed: line n of two files has the same meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.run import Run
from pilotlight.training.text.lines import read_lines, source_folder, text_array

_LAYOUT: Final = "a folder with train.{0}, train.{1}, test.{0} and test.{1}, plain or .gz, a text a line, in UTF-8"


def load_translations(run: Run, source: str, target: str) -> Arrays:
    """Reads a folder of aligned text files: line n of two files has the same meaning.

    The files are `train.SOURCE`, `train.TARGET`, `test.SOURCE` and `test.TARGET`, plain or `.gz`. The name of the test
    part may be longer, such as `test_2016_flickr.en`. Other files are not read.

    Args:
        run: Its `source` is the folder.
        source: The code of the language to translate from, such as "en".
        target: The code of the language to translate to.

    Returns:
        Texts in `source` as x, the same in `target` as y.

    Raises:
        DataError: The run's source is not a folder, or a file is missing or malformed.
    """
    layout = _LAYOUT.format(source, target)
    folder, hint = source_folder(run.location, layout), f"It needs to be {layout}."
    parts = [
        _read(_file(folder, f"{part}{wildcard}.{language}", run.source, hint), hint)
        for part, wildcard in (("train", ""), ("test", "*"))
        for language in (source, target)
    ]
    for name, left, right in (("train", *parts[:2]), ("test", *parts[2:])):
        if len(left) != len(right):
            what = f"has {len(left)} lines of {source} and {len(right)} of {target} in {name}"
            raise DataError(run.source, what, "Line n of both must have the same meaning.")
    return check_arrays(Arrays(*(text_array(part, run.source) for part in parts)), run.source)


def _file(folder: Path, pattern: str, where: str, hint: str) -> Path:
    found = sorted({*folder.glob(pattern), *folder.glob(f"{pattern}.gz")})
    if len(found) != 1:
        raise DataError(where, f"has {len(found)} files called {pattern} or {pattern}.gz", hint)
    return found[0]


def _read(path: Path, hint: str) -> list[str]:
    lines = read_lines(path, hint) or [""]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{path}:{number}", "is empty", hint)
    return lines
