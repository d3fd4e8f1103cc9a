"""Imports what somebody has: an ONNX file, or a language model in a file or a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from pilotlight.core.errors import DataError, ProjectError
from pilotlight.core.printable import shorten
from pilotlight.language.packages import import_package
from pilotlight.language.sources import is_language_source
from pilotlight.workflows.context import Context
from pilotlight.workflows.import_language_model import import_language_model
from pilotlight.workflows.import_model import import_and_serve
from pilotlight.workflows.types import ImportRequest, TrainResult

_HUB_FILES: Final = ("*.json", "*.safetensors", "*.jinja", "vocab.txt")
"""What an import reads of a model on Hugging Face's hub. Without it, weights of other frameworks would come too."""


def download_from_hub(name: str) -> Path:
    """Download a model from Hugging Face's hub to the cache of huggingface_hub, and return its folder.

    Args:
        name: Such as HuggingFaceTB/SmolLM2-135M-Instruct.

    Raises:
        ProjectError: The package huggingface_hub is not installed.
        DataError: The model cannot be downloaded.
    """
    hub = import_package("huggingface_hub", extra="huggingface_hub")
    try:
        return Path(hub.snapshot_download(name, allow_patterns=list(_HUB_FILES)))
    except (OSError, ValueError) as error:  # its own errors are of these classes
        what = f"cannot be downloaded ({shorten(str(error))})"
        raise DataError(f"the hub's model {name!r}", what, "Check its name and the network.") from error


def import_source(
    request: ImportRequest, context: Context, download: Callable[[str], Path] = download_from_hub
) -> TrainResult:
    """Import an ONNX file or a language model.

    Args:
        request: What is imported, and the name of the model.
        context: The project, its store, and where to report.
        download: Downloads a model from a hub. Nothing is downloaded where the request names none.

    Returns:
        The published version.

    Raises:
        UserError: As `import_and_serve` and `import_language_model` raise it.
    """
    if request.hub:
        request = replace(request, source=download(request.hub), hub="")
    if is_language_source(request.source):
        return import_language_model(request, context)
    if request.text is not None:
        what = "is no language model, which alone has use for --text"
        raise ProjectError(str(request.source), what, "Give sample inputs with --golden, or leave it out.")
    return import_and_serve(request, context)
