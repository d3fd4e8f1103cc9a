"""Assets: files beside the graphs that an app.py reads."""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.json_text import loads
from pilotlight_runtime.light_typing import Any
from pilotlight_runtime.paths import StrPath


def read_json(path: StrPath) -> Any:
    """Reads an asset that holds JSON in UTF-8.

    Args:
        path: The asset's path, see LoadedModel.asset.

    Returns:
        The document.

    Raises:
        ManifestError: The file is not JSON.
    """
    try:
        with open(path, "rb") as file:
            return loads(file.read())
    except ValueError as error:
        raise ManifestError(f"{path} is not JSON ({error}); train the model again") from error
