"""language.json: what a version of a language model says of itself. The tool and the runtime read it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pilotlight.core.documents import InvalidDocument, parse_json
from pilotlight.core.errors import StoreError
from pilotlight_runtime.manifest import Manifest

LANGUAGE_NAME: Final = "language.json"


class LanguageFile(NamedTuple):
    """The content of language.json.

    Attributes:
        task: Such as "generate" or "embed".
        settings: The whole document, with a section for the task.
    """

    task: str
    settings: dict[str, Any]


def read_language_file(manifest: Manifest, read: Callable[[Manifest, str], bytes]) -> LanguageFile | None:
    """Read what a version says of itself as a language model.

    Args:
        manifest: The manifest of the version.
        read: Reads a file of the version, as `Store.read_file` does.

    Returns:
        The content; None where the version is no language model.

    Raises:
        StoreError: The file is missing, damaged, or not what language.json is.
    """
    if LANGUAGE_NAME not in manifest.assets:
        return None
    try:
        document = parse_json(read(manifest, LANGUAGE_NAME))
    except InvalidDocument as error:
        raise _wrong(manifest, str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("task"), str):
        raise _wrong(manifest, "it names no task")
    return LanguageFile(document["task"], document)


def _wrong(manifest: Manifest, what: str) -> StoreError:
    return StoreError(
        f"{manifest.model}@{manifest.version}",
        f"has a {LANGUAGE_NAME} that cannot be used: {what}",
        "Import the model again.",
    )
