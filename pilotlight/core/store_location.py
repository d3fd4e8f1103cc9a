"""Where the store is: a folder or a prefix of an S3 bucket. Every location is parsed here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from pilotlight.core.errors import ProjectError

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/)")
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_HINT: Final = "Write a folder or s3://bucket/prefix."


class FolderLocation(NamedTuple):
    """A store in a folder.

    Attributes:
        path: The folder, which need not exist.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)


class S3Location(NamedTuple):
    """A store in S3.

    Attributes:
        bucket: The name of the bucket.
        prefix: The prefix without a slash at either end; "" for the whole bucket.
    """

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


StoreLocation = FolderLocation | S3Location


def parse_store_location(text: str, root: Path, where: str) -> StoreLocation:
    """Parse the location of a store.

    Args:
        text: A folder, which may begin with ~ or be a file:// address, or s3://bucket/prefix. The scheme may be in
            capital letters.
        root: The folder that a relative folder counts from.
        where: Where the text comes from, such as PILOTLIGHT_STORE, for errors.

    Returns:
        The location.

    Raises:
        ProjectError: The text is something else, such as an address with another scheme.
    """
    if not text or text != text.strip() or _CONTROL.search(text):
        raise _invalid(where, text, "is empty, or has a space at its end or a control character")
    scheme = _SCHEME.match(text)
    if scheme is None:
        return FolderLocation(_parse_folder(text, root, where))
    rest = text[scheme.end() :]
    match scheme[1].lower():
        case "s3":
            return _parse_s3(text, rest, where)
        case "file":
            return FolderLocation(_parse_file_address(text, rest, where))
        case _:
            raise _invalid(where, text, f"has the scheme {scheme[1]}:, and a store is a folder or in S3")


def _parse_folder(text: str, root: Path, where: str) -> Path:
    if text.lower().startswith(("s3:", "file:")):
        raise _invalid(where, text, "is neither a folder nor a complete address")
    if text.startswith("$"):
        raise _invalid(where, text, "begins with $, but variables are not replaced in it")
    if not text.startswith("~"):
        return root / text
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user, or no home folder
        raise _invalid(where, text, f"names no home folder ({error})") from error


def _parse_s3(text: str, rest: str, where: str) -> S3Location:
    bucket, _, prefix = rest.removeprefix("//").partition("/")
    if not rest.startswith("//") or not _BUCKET.fullmatch(bucket):
        raise _invalid(where, text, "names no bucket")
    return S3Location(bucket, prefix.strip("/"))


def _parse_file_address(text: str, rest: str, where: str) -> Path:
    """Return the folder of file:/x, file:///x or file://localhost/x (RFC 8089)."""
    host, slash, path = rest.removeprefix("//").partition("/") if rest.startswith("//") else ("", "/", rest[1:])
    if host.lower() not in ("", "localhost") or not slash or not path:
        raise _invalid(where, text, "names no folder of this machine: three slashes and the folder follow file:")
    return Path("/" + unquote(path))


def _invalid(where: str, text: str, problem: str) -> ProjectError:
    return ProjectError(where, f"the location of the store, {text!r}, {problem}", _HINT)
