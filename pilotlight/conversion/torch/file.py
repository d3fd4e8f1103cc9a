"""Saved PyTorch models: which kind a file is, and loading it.

torch.export.save   a zip archive of a graph in JSON and of tensors; program.py checks it
torch.jit.save      a zip archive of TorchScript source and of tensors, read without Python's pickle
torch.save          a pickle of weights or of a whole module: refused
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.conversion.torch.program import check_program_archive
from pilotlight.core.archives import open_archive
from pilotlight.core.errors import ConversionError
from pilotlight.core.exception_text import kind_and_first_line
from pilotlight.core.outside import MEBIBYTE, Origin, open_file, physical_memory
from pilotlight.core.printable import name_of

SUFFIXES: Final = (".pt2", ".pt", ".pth", ".torchscript")
_SAVE: Final = (
    "Save the network with torch.export.save(torch.export.export(model.eval(), example, dynamic_shapes=…), "
    "'model.pt2')."
)
_WEIGHTS: Final = (
    "Build the network in train.py, load the weights with torch.load(path, weights_only=True) and load_state_dict, and "
    f"run `pilotlight train`. Or: {_SAVE[0].lower()}{_SAVE[1:]}"
)
_OPERATIONS_OF_FILES: Final = re.compile(
    r"\b(?:torch|ops\.aten|aten)\.(?:save|load|from_file)\b|(?<![\w.])ops\.(?!aten\b|prim\b)\w+"
)
"""Operations of TorchScript that read or write files, or are of another library."""
_ARCHIVE: Final = b"PK\x03\x04"
"""The first bytes of a zip archive."""
_MOST_SOURCE: Final = 64 * MEBIBYTE


class _Archive(NamedTuple):
    names: tuple[str, ...]

    def has(self, part: str) -> bool:
        """Return whether the archive holds `part` below its only folder."""
        return any(name.partition("/")[2].startswith(part) for name in self.names)


def load_torch_file(path: Path) -> Any:
    """Load a saved model, on the CPU.

    Args:
        path: The file.

    Returns:
        A torch.nn.Module.

    Raises:
        ConversionError: The file is missing, is none of the kinds that are loaded, or cannot be loaded.
    """
    origin = Origin(str(path), _SAVE, ConversionError)
    with open_file(path, origin) as file:
        start = file.read(len(_ARCHIVE))
        if not start:
            raise origin.refuse("is empty")
        if not zipfile.is_zipfile(file):
            raise _refuse_damaged(origin) if start == _ARCHIVE else _refuse_pickle(origin)
        file.seek(0)
        with open_archive(file, "a PyTorch file", physical_memory(), origin) as archive:
            if start == _ARCHIVE and min((entry.header_offset for entry in archive.infolist()), default=0) > 0:
                raise _refuse_damaged(origin)  # what was found is an archive inside of the one that is cut
            found = _Archive(tuple(archive.namelist()))
            if found.has("archive_format"):
                check_program_archive(archive, origin)
                load = _load_program
            elif found.has("constants.pkl") and found.has("code/"):
                _check_script(archive, origin)
                load = _load_script
            elif found.has("data.pkl"):
                raise _refuse_pickle(origin)
            else:
                raise origin.refuse("is not a model that PyTorch has saved")
    try:
        return load(path)
    except ImportError as error:
        raise ConversionError(
            str(path), f"cannot be loaded ({error})", "Run `pip install 'pilotlight[torch]'`."
        ) from error
    except ConversionError:
        raise
    except Exception as error:
        # PyTorch has no error class for files that it cannot read.
        raise origin.refuse(f"cannot be loaded by PyTorch ({kind_and_first_line(error)})") from error


def _refuse_damaged(origin: Origin) -> ConversionError:
    what = "is damaged: it begins as a zip archive and ends before the archive does"
    return ConversionError(origin.where, what, "Copy or save the file again, and compare the sizes of both.")


def _refuse_pickle(origin: Origin) -> ConversionError:
    what = "is a pickle of weights or of a module: weights hold no network, and loading a pickled module runs code"
    return ConversionError(origin.where, what, _WEIGHTS)


def _load_program(path: Path) -> Any:
    import torch

    program = torch.export.load(path)
    if program.example_inputs is not None and program.example_inputs[1]:
        names = ", ".join(program.example_inputs[1])
        what = f"was exported with inputs by name ({names})"
        raise ConversionError(str(path), what, "Export it with torch.export.export(model, (input, …)), by position.")
    return program.module()


def _load_script(path: Path) -> Any:
    import torch

    return torch.jit.load(str(path), map_location="cpu").eval()


def _check_script(archive: zipfile.ZipFile, origin: Origin) -> None:
    """Refuse TorchScript that reads or writes files."""
    for entry in archive.infolist():
        if not entry.filename.endswith(".py"):
            continue
        if entry.file_size > _MOST_SOURCE:
            raise origin.refuse(f"holds {name_of(entry.filename)} of more than {_MOST_SOURCE:,} bytes")
        source = archive.read(entry).decode(errors="replace")
        if (found := _OPERATIONS_OF_FILES.search(source)) is not None:
            raise origin.refuse(f"calls {found[0]} in its TorchScript, which is never run here")
