"""Hostile tables and texts: entries of CSV, TSV and LINES write a file, or its content, to a path."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from support.hostile.arrays import PLACES, Write

_GOOD: Final = "a,b,label\n" + "".join(f"{n},{n * 2},{'yes' if n % 2 else 'no'}\n" for n in range(40))


def _bytes(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


def _sparse(start: bytes, size: int, end: bytes = b"") -> Write:
    """A file of `size` bytes of which only start and end take room on the disk."""

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(start)
            file.seek(size)
            file.write(end)

    return write


def _repeated(content: bytes, times: int) -> Write:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            for _ in range(times):
                file.write(content)

    return write


CSV: Final[dict[str, Write]] = PLACES | {
    "empty": _bytes(b""),
    "blank lines": _bytes(b"\n\n\n"),
    "a header alone": _bytes(b"a,b,label\n"),
    "random bytes": _bytes(os.urandom(4096)),
    "UTF-16 with a byte order mark": _bytes(_GOOD.encode("utf-16")),
    "UTF-16 without a byte order mark": _bytes(_GOOD.encode("utf-16-le")),
    "UTF-32": _bytes(_GOOD.encode("utf-32")),
    "Latin-1": _bytes(_GOOD.replace("yes", "schön").encode("latin-1")),
    "half of a surrogate pair": _bytes(_GOOD.replace("yes", "\ud800").encode("utf-8", "surrogatepass")),
    "two byte order marks": _bytes(b"\xef\xbb\xbf\xef\xbb\xbf" + _GOOD.encode().replace(b"a,b", b"label,b", 1)),
    "NUL in a cell": _bytes(_GOOD.replace("yes", "y\0s").encode()),
    "NUL in the header": _bytes(_GOOD.replace("b,", "b\0,", 1).encode()),
    "only NUL": _bytes(b"\0" * 10_000),
    "a line of 1 GiB": _sparse(b"a,b,label\n1,2,", 1 << 30, b"yes\n"),
    "a line of 40 MB": _repeated(b"1" * 1_000_000, 40),
    "a line of 20 million commas": _repeated(b"," * 1_000_000, 20),
    "1,000,000 columns": _bytes(b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n"),
    "1,000,000 equal columns": _bytes(b"a," * 1_000_000 + b"label\n1,2\n"),
    "a quote that is never closed": _bytes(b'a,b,label\n1,2,"yes\n' + b"3,4,no\n" * 100_000),
    "a quote that is never closed in the header": _bytes(b'"a,b,label\n1,2,yes\n'),
    "a quote inside a cell": _bytes(b'a,b,label\n1,2,"y"e"s"\n'),
    "a cell of 200,000 characters": _bytes(b"a,b,label\n1,2," + b"y" * 200_000 + b"\n"),
    "a class of 100,000 characters in 3,000 lines": _bytes(
        b"a,b,label\n1,2," + b"y" * 100_000 + b"\n" + b"1,2,no\n" * 3_000
    ),
    "classes of 5,000 digits": _bytes(b"a,b,label\n" + (b"1,2," + b"9" * 5_000 + b"\n1,2,7\n") * 20),
    "classes of 150 digits": _bytes(b"a,b,label\n1,2," + b"9" * 150 + b"\n"),
    "a number of 5,000 digits": _bytes(b"a,b,label\n" + b"9" * 5_000 + b",2,yes\n"),
    "a number of 1e999": _bytes(b"a,b,label\n1e999,2,yes\n"),
    "NaN": _bytes(b"a,b,label\nnan,2,yes\n"),
    "infinity": _bytes(b"a,b,label\n-inf,2,yes\n"),
    "a number with underscores": _bytes(b"a,b,label\n1_0,2,yes\n"),
    "digits of another script and a letter": _bytes("a,b,label\n٣x,2,yes\n".encode()),
    "control characters": _bytes(b"a,b,label\n\x1b[2J\x07,2,yes\n"),
    "control characters in the header": _bytes(b"a,\x1b[2J\r,label\n1,2,3\n"),
    "a column without a name, twice": _bytes(b",,label\n1,2,yes\n"),
    "no column for the target": _bytes(b"a,b,c\n1,2,yes\n"),
    "lines of other lengths": _bytes(b"a,b,label\n1,2\n1,2,3,4\n"),
    "an empty cell": _bytes(b"a,b,label\n1,,yes\n"),
    "one sample": _bytes(b"a,b,label\n1,2,yes\n"),
    "one class": _bytes(b"a,b,label\n" + b"1,2,yes\n" * 30),
    "gzip": _bytes(gzip.compress(_GOOD.encode())),
}
"""Tables of a and b, with the class in label."""


def _gzip_bomb(path: Path) -> None:
    """1 GiB of spaces in 1 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(b" " * (1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    path.write_bytes(start + part * 64)


_LINES: Final[dict[str, bytes]] = {
    "random bytes": bytes(range(128, 256)) * 8,
    "UTF-16 without a byte order mark": "one\ntwo\n".encode("utf-16-le"),
    "UTF-16": "one\ntwo\n".encode("utf-16"),
    "half of a surrogate pair": b"one\n\xed\xa0\x80\n",
    "NUL": b"one\0two\n",
    "a line of 1 MB": b"x" * 1_000_000,
    "only blank lines": b"\n \n\t\n",
}

LINES: Final[dict[str, Write]] = PLACES | {name: _bytes(content) for name, content in _LINES.items()}
"""Text files, plain."""

TSV: Final[dict[str, Write]] = LINES | {
    "empty": _bytes(b""),
    "a line without a tab": _bytes(b"a text\n"),
    "a class that is not known": _bytes(b"a text\tmaybe\n"),
    "a class of 5,000 digits": _bytes(b"a text\t" + b"9" * 5_000 + b"\n"),
    "a class with control characters": _bytes(b"a text\t\x1b[2J\n"),
    "a class without a text": _bytes(b"\t1\n"),
}

GZIP: Final[dict[str, Write]] = PLACES | {
    **{
        name: (lambda path, content=content: path.write_bytes(gzip.compress(content)))
        for name, content in _LINES.items()
    },
    "no gzip": _bytes(b"a text\n"),
    "empty": _bytes(b""),
    "cut in the header": _bytes(gzip.compress(b"a text\n" * 100)[:5]),
    "cut in the data": _bytes(gzip.compress(b"a text\n" * 100)[:-12]),
    "a wrong checksum": _bytes(gzip.compress(b"a text\n" * 100)[:-8] + b"\1\2\3\4" + b"\0" * 4),
    "damaged deflate data": _bytes(gzip.compress(b"a text\n")[:10] + b"\xff" * 20),
    "an unknown method": _bytes(b"\x1f\x8b\x09" + gzip.compress(b"a text\n")[3:]),
    "a gzip bomb": _gzip_bomb,
}
"""Text files that are compressed by gzip."""


def labelled(folder: Path, write: Write) -> None:
    """A folder of texts for load_text_folder, with one hostile file."""
    (folder / "de.txt").write_text("".join(f"ein Satz {n}\n" for n in range(50)))
    write(folder / "hostile.txt")


def tsv(folder: Path, write: Write) -> None:
    """A folder for load_tsv_folder, whose train.tsv is hostile."""
    (folder / "test.tsv").write_text("a text\t0\nanother\t1\n")
    write(folder / "train.tsv")


def translations(folder: Path, write: Write, suffix: str = "") -> None:
    """A folder for load_translations, whose train.en is hostile."""
    for name in ("train.de", "test.en", "test.de"):
        (folder / name).write_text("a text\n" * 100)
    write(folder / f"train.en{suffix}")


FOLDERS: Final[dict[str, tuple[str, dict[str, Write], Callable[[Path, Write], None]]]] = {
    "folder": ("hostile.txt", LINES, labelled),
    "tsv": ("train.tsv", TSV, tsv),
    "translations": ("train.en", LINES, translations),
    "translations.gz": ("train.en.gz", GZIP, lambda folder, write: translations(folder, write, ".gz")),
}
"""By reader: the name of the hostile file, its catalogue, and what makes the folder."""
