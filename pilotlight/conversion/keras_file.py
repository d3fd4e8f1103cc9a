"""Checks of a .keras file from outside, before Keras reads it.

Source of the format: keras.saving.saving_lib: a zip archive of metadata.json, config.json, model.weights.h5 and assets.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final

from pilotlight.core.archives import open_archive
from pilotlight.core.documents import Limits, read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory
from pilotlight.core.printable import name_of

_CONFIG: Final = "config.json"
_NEEDED: Final = ("metadata.json", _CONFIG)
_LIMITS: Final = Limits(bytes=64 * MEBIBYTE, depth=500)
"""A model inside a model adds about eight levels."""
_CODE: Final = "__lambda__"
"""The class name of compiled Python code, as Keras saves a Lambda layer of a lambda."""


def check_keras_file(path: Path) -> None:
    """Check that a file is an archive of Keras that fits into memory, without code and without files elsewhere.

    Args:
        path: The .keras file.

    Raises:
        ConversionError: It is none.
    """
    origin = Origin(str(path), "Save it again with model.save(...).", ConversionError)
    with (
        open_file(path, origin) as file,
        open_archive(file, "a .keras file", physical_memory(), origin) as archive,
    ):
        names = archive.namelist()
        for name in names:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
                raise origin.refuse(f"holds {name_of(name)!r}, which lies outside its folder")
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise origin.refuse(f"cannot be loaded by Keras (it lacks {', '.join(missing)})")
        if archive.getinfo(_CONFIG).file_size > _LIMITS.bytes:
            raise origin.refuse(f"holds a {_CONFIG} of more than {_LIMITS.bytes:,} bytes, which is the limit")
        config = read_object(archive.read(_CONFIG), Origin(f"{path}: {_CONFIG}", origin.hint, ConversionError), _LIMITS)
        _check_config(config, origin)


def _check_config(config: dict[str, Any], origin: Origin) -> None:
    """Refuse code. Keras refuses it too in its safe mode, which has been circumvented before."""
    level: list[Any] = [config]
    while level:
        for part in level:
            if isinstance(part, dict) and part.get("class_name") == _CODE:
                hint = "Replace the Lambda layer by operations of keras.ops or by a layer of its own."
                raise ConversionError(origin.where, "holds Python code in a Lambda layer, which is never run", hint)
        level = [inner for part in level for inner in _list_parts(part)]


def _list_parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
