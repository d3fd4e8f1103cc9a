"""Checks of an .h5 file of Keras, before Keras reads it.

Source of the format: keras.src.legacy.saving.legacy_h5_format: the attribute model_config and the group model_weights.
HDF5 can point into other files and pack gigabytes into few bytes. Keras writes neither.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pilotlight.conversion.tensorflow.keras_config import LIMITS, check_config, iterate_parts
from pilotlight.core.documents import read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory
from pilotlight.core.printable import name_of

SUFFIXES: Final = (".h5", ".hdf5")
_MAGIC: Final = b"\x89HDF\r\n\x1a\n"
_CONFIG: Final = "model_config"
_FREE_BYTES: Final = 256 * MEBIBYTE
_MAX_RATIO: Final = 1_000
_OWN: Final = ("keras", "builtins")
"""The packages that Keras itself names in a configuration."""


def check_h5_file(path: Path) -> None:
    """Check that a file holds a model of Keras that fits into memory, without code and without links elsewhere.

    Args:
        path: The file.

    Raises:
        ConversionError: It holds none.
    """
    origin = Origin(str(path), "Save it again with model.save(...).", ConversionError)
    with open_file(path, origin) as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise origin.refuse("is not an HDF5 file")
    try:
        import h5py
    except ImportError as error:
        raise ConversionError(
            str(path), f"cannot be loaded ({error})", "Run `pip install 'pilotlight[convert]'`."
        ) from error
    try:
        with h5py.File(path, "r") as opened:
            _check_datasets(h5py, opened, origin)
            content = _read_config(opened, origin)
    except ConversionError:
        raise
    except Exception as error:
        # h5py raises every kind of error for a damaged file.
        raise origin.refuse(f"cannot be read as an HDF5 file ({kind_and_first_line(error)})") from error
    config = read_object(content, Origin(f"{path}: {_CONFIG}", origin.hint, ConversionError), LIMITS)
    check_config(config, origin)
    _check_modules(config, origin)


def read_version(path: Path) -> str:
    """Return the version of Keras that wrote a file; "" where it does not say."""
    import h5py

    with h5py.File(path, "r") as opened:
        return _as_text(opened.attrs.get("keras_version", ""))


def _read_config(opened: Any, origin: Origin) -> bytes:
    if _CONFIG not in opened.attrs:
        what = "holds no model; a file of weights alone cannot be converted"
        hint = "Build the model in train.py, call its load_weights, and return it from train: `pilotlight train` then."
        raise ConversionError(origin.where, what, hint)
    return _as_text(opened.attrs[_CONFIG]).encode()


def _as_text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _check_datasets(h5py: Any, opened: Any, origin: Origin) -> None:
    total = 0

    def check_link(name: str, link: Any) -> None:
        if not isinstance(link, h5py.HardLink):
            raise origin.refuse(f"holds {name_of(name)!r}, which is a link to another place")

    def check_dataset(name: str, item: Any) -> None:
        nonlocal total
        if not isinstance(item, h5py.Dataset):
            return
        if item.external or item.is_virtual:
            raise origin.refuse(f"holds {name_of(name)!r}, whose content lies in another file")
        if item.nbytes > max(_MAX_RATIO * item.id.get_storage_size(), _FREE_BYTES):
            raise origin.refuse(f"holds {name_of(name)!r} of {item.nbytes:,} bytes, which are not in the file")
        total += item.nbytes

    opened.visititems_links(check_link)
    opened.visititems(check_dataset)
    if total > physical_memory():
        raise origin.refuse(f"holds {total:,} bytes, which is more than this machine's memory")


def _check_modules(config: dict[str, Any], origin: Origin) -> None:
    """Refuse a part that names a module which is neither Keras nor registered by train.py."""
    from keras import saving

    for part in iterate_parts(config):
        module, registered = part.get("module"), part.get("registered_name")
        if not isinstance(module, str) or module.split(".")[0] in _OWN:
            continue
        if not isinstance(registered, str) or saving.get_registered_object(registered) is None:
            what = f"needs {name_of(str(part.get('class_name')))!r} of the module {name_of(module)!r}"
            hint = "Register it in train.py: @keras.saving.register_keras_serializable() above it."
            raise ConversionError(origin.where, what, hint)
