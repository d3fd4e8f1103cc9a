"""The lines of a text file, plain or .gz, as every source of texts reads them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

from pilotlight.core.errors import DataError

LONGEST: Final = 5000
"""Characters of a line. An array of texts is as wide as its longest: one text more of 100,000 would take gigabytes."""


def read_lines(path: Path, hint: str, longest: int = LONGEST) -> list[str]:
    """The lines in UTF-8, with or without a byte order mark, blank ones included.

    A line ends by a line feed, a carriage return before it or not: Unicode counts more characters among the ends of
    lines, and a sentence may hold one. DataError names the file, and the line that has more than `longest` characters.
    FileNotFoundError is the caller's.
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
        if len(line) > longest:
            what = f"has {len(line)} characters; the most is {longest}"
            raise DataError(f"{path}:{number}", what, "Cut it into several texts, or leave it out.")
    return lines
