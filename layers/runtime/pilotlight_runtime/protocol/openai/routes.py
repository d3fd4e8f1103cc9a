"""The operations of OpenAI's API, by path. A base URL may have the model's name before /v1."""

from __future__ import annotations

from pilotlight_runtime.errors import MethodNotAllowed
from pilotlight_runtime.light_typing import Final, Mapping, NamedTuple

CHAT: Final = "chat"
COMPLETION: Final = "completion"
EMBEDDING: Final = "embedding"
RERANK: Final = "rerank"
FILES: Final = "files"
MODELS: Final = "models"
MODEL: Final = "model"
UNKNOWN: Final = "unknown"
"""A path below the model's own /v1 that no operation has."""

_PATHS: Final[Mapping[str, str]] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": COMPLETION,
    "/v1/embeddings": EMBEDDING,
    "/v1/rerank": RERANK,
    "/v2/rerank": RERANK,
    "/v1/files": FILES,
    "/v1/models": MODELS,
}
_MODELS: Final = "/v1/models/"


class OpenAIRoute(NamedTuple):
    """operation: one of the constants above. model: the name in the path of MODEL; else ""."""

    operation: str
    model: str = ""


def find_route(path: str, name: str) -> OpenAIRoute | None:
    """Finds the operation of a path.

    Args:
        path: The path of a request.
        name: The model's name.

    Returns:
        The operation; None where the path is none of this API.
    """
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    path = "/" + path.strip("/")
    below = path.startswith((f"/{name}/v1/", f"/{name}/v2/"))
    if below:
        path = path[len(name) + 1 :]
    operation = _PATHS.get(path)
    if operation is not None:
        return OpenAIRoute(operation)
    asked = path.removeprefix(_MODELS)
    if asked != path and "/" not in asked and ":" not in asked:
        return OpenAIRoute(MODEL, asked)
    return OpenAIRoute(UNKNOWN) if below and path.startswith("/v1/") else None


def check_method(operation: str, method: str) -> None:
    """Raises MethodNotAllowed where the operation takes another method."""
    allowed = "GET" if operation in (MODELS, MODEL) else "POST"
    if method.upper() != allowed:
        raise MethodNotAllowed(method, allowed)
