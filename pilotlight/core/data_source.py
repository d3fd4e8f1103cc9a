"""The location of training data: one value, parsed in one place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

_S3: Final = "s3://"
_FILES: Final = (".npz", ".csv")


class SourceKind(Enum):
    """The kind of a data source.

    Attributes:
        NAME: A data set that Pilotlight or train.py knows by this name.
        FILE: A file on this machine.
        FOLDER: A folder on this machine.
        OBJECT: One object in S3.
        PREFIX: Every object below a prefix in S3.
    """

    NAME = "name"
    FILE = "file"
    FOLDER = "folder"
    OBJECT = "object"
    PREFIX = "prefix"


@dataclass(frozen=True)
class DataSource:
    """The location of training data.

    Attributes:
        text: The source as a person wrote it.
        kind: The kind of source.
        path: The file or folder on this machine; None for the other kinds.
    """

    text: str
    kind: SourceKind
    path: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether the data is on this machine."""
        return self.path is not None

    @property
    def in_s3(self) -> bool:
        """Whether the data is in S3."""
        return self.kind in (SourceKind.OBJECT, SourceKind.PREFIX)

    @property
    def suffix(self) -> str:
        """The suffix of the file or object, such as .npz; "" for the other kinds."""
        return Path(self.text).suffix if self.kind in (SourceKind.FILE, SourceKind.OBJECT) else ""

    def __str__(self) -> str:
        return self.text


def parse_data_source(text: str, base: Path, built_in: Collection[str] = ()) -> DataSource:
    """Parse a data source that a person gave.

    Args:
        text: A name, a path, s3://bucket/key, or s3://bucket/prefix/.
        base: The folder that relative paths are relative to.
        built_in: Names of data sets. They take precedence over folders of the same name.

    Returns:
        The source. Text that is neither in S3 nor a path is a NAME, which only train.py understands.
    """
    if text.startswith(_S3):
        return DataSource(text, SourceKind.PREFIX if text.endswith("/") else SourceKind.OBJECT)
    if not text or text in built_in or "://" in text:  # another address is train.py's own business
        return DataSource(text, SourceKind.NAME)
    path = base / text
    if text.endswith(_FILES):
        return DataSource(text, SourceKind.FILE, path)
    if path.is_dir():
        return DataSource(text, SourceKind.FOLDER, path)
    if path.exists() or text.startswith(("/", "./", "../")):
        return DataSource(text, SourceKind.FILE, path)
    return DataSource(text, SourceKind.NAME)
