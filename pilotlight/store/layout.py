"""The names of blobs in a store: `<model>/<version>/<file>`, and what a repair sets aside."""

import re
from typing import Final

from pilotlight_runtime.manifest_json import VERSION_DIGITS

DAMAGED: Final = ".damaged"
"""A repair keeps damaged content below this prefix, under the name that it had. No model can have this name."""

_VERSION: Final = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def version_key(model: str, version: str, name: str = "") -> str:
    """Return the name of a blob of a version; the prefix of all of them without `name`."""
    return f"{model}/{version}/{name}"


def aside_key(key: str) -> str:
    """Return the name under which a repair keeps the damaged content of a blob."""
    return f"{DAMAGED}/{key}"


def aside_folder_key(folder: str) -> str:
    """Return the name under which a repair keeps what stood in place of a folder.

    It lies below the folder's name, so that damaged files of the folder can be kept beside it.
    """
    return aside_key(f"{folder}/not-a-folder")


def is_version(name: str) -> bool:
    """Return whether a name can be that of a version: 12 lower-case hexadecimal digits."""
    return _VERSION.fullmatch(name) is not None


def is_file_name(name: str) -> bool:
    """Return whether a name can be that of a file of a version: relative, without empty parts, dots and controls."""
    return not _CONTROL.search(name) and not {"", ".", ".."}.intersection(name.split("/"))


def is_hidden(name: str) -> bool:
    """Return whether a file or one of its folders is hidden, such as .DS_Store. A version has no such files."""
    return any(part.startswith(".") for part in name.split("/"))
