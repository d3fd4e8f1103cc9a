"""Checks of a .keras file from outside, before Keras reads it.

Source of the format: keras.saving.saving_lib: a zip archive of metadata.json, config.json, model.weights.h5 and assets.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from pilotlight.conversion.tensorflow.keras_config import LIMITS, check_config
from pilotlight.core.archives import open_archive
from pilotlight.core.documents import read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import Origin, open_file, physical_memory
from pilotlight.core.printable import name_of

CONFIG: Final = "config.json"
_NEEDED: Final = ("metadata.json", CONFIG)


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
        if archive.getinfo(CONFIG).file_size > LIMITS.bytes:
            raise origin.refuse(f"holds a {CONFIG} of more than {LIMITS.bytes:,} bytes, which is the limit")
        config = read_object(archive.read(CONFIG), Origin(f"{path}: {CONFIG}", origin.hint, ConversionError), LIMITS)
        check_config(config, origin)
