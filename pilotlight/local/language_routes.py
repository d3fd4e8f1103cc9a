"""OpenAI's paths: which language model a request is for.

A REST API routes by the path, so that each model has a `/NAME/v1` of its own. Here the plain `/v1` serves all of them,
because the model's name in the body is read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pilotlight.core.language_file import LANGUAGE_NAME
from pilotlight.local.routes import Route

_TASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "/v1/chat/completions": ("generate",),
    "/v1/completions": ("generate",),
    "/v1/embeddings": ("embed",),
    "/v1/rerank": ("rerank", "embed"),
    "/v2/rerank": ("rerank", "embed"),
}
"""The tasks of the models that answer each path, the first choice first."""
_PROXY: Final = "/v1/{proxy+}"


def find_language_route(path: str, body: bytes, languages: Mapping[str, str]) -> Route | None:
    """Return where a request of OpenAI's API goes.

    Args:
        path: The path; a slash at its end does not count.
        body: The request's body; only its field `model` is read.
        languages: The task of each language model, by name.

    Returns:
        The route; None where the path is none of this API. A plain path whose body names no model that is here goes to
        the first one of the path's task, which refuses it in OpenAI's form.
    """
    path = path.rstrip("/")
    name, below, rest = path.removeprefix("/").partition("/v1/")
    if below and rest and name in languages:
        return Route(name, f"/{name}{_PROXY}", rest)
    if path not in _TASKS or not languages:
        return None
    asked = _read_model(body)
    if asked in languages:
        return Route(asked, path, None)
    for task in _TASKS[path]:
        for model, does in languages.items():
            if does == task:
                return Route(model, path, None)
    return Route(next(iter(languages)), path, None)


def find_tasks(folders: Mapping[str, Path]) -> dict[str, str]:
    """Return the task of each language model.

    Args:
        folders: The packaged functions by model name.
    """
    found = {}
    for name, folder in folders.items():
        try:
            document = json.loads((folder / LANGUAGE_NAME).read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and isinstance(document.get("task"), str):
            found[name] = document["task"]
    return found


def _read_model(body: bytes) -> str:
    """The model that a body names; "" where it names none, or is no JSON."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = document.get("model") if isinstance(document, dict) else None
    return name if isinstance(name, str) else ""
