"""Finds the operation for a method and a path. The service checks the model's name and version.

Sources: Open Inference Protocol v2, "HTTP/REST"; Triton Inference Server, "Generate Extension"; TensorFlow Serving,
"RESTful API".
"""

from __future__ import annotations

from pilotlight_runtime.errors import MethodNotAllowed, NotFound
from pilotlight_runtime.light_typing import Final, NamedTuple
from pilotlight_runtime.messages import summarize

SERVER: Final = "server"
LIVE: Final = "live"
READY: Final = "ready"
INDEX: Final = "index"
METADATA: Final = "metadata"
MODEL_READY: Final = "model_ready"
INFER: Final = "infer"
STATUS: Final = "status"
PREDICT: Final = "predict"
GENERATE: Final = "generate"
GENERATE_STREAM: Final = "generate_stream"

_LONGEST_PATH: Final = 10_240
"""API Gateway's limit on the request line and all headers together."""

_SERVER_PATHS: Final = {
    "/v2": (SERVER, "GET"),
    "/v2/health/live": (LIVE, "GET"),
    "/v2/health/ready": (READY, "GET"),
    "/v2/repository/index": (INDEX, "POST"),
}
_MODEL_PATHS: Final = {
    ("v2",): (METADATA, "GET"),
    ("v2", "ready"): (MODEL_READY, "GET"),
    ("v2", "infer"): (INFER, "POST"),
    ("v1",): (STATUS, "GET"),
    ("v1", ":predict"): (PREDICT, "POST"),
}
"""The operations of a model, by protocol and the rest of the path."""
_GENERATE_PATHS: Final = {
    ("v2", "generate"): (GENERATE, "POST"),
    ("v2", "generate_stream"): (GENERATE_STREAM, "POST"),
}
"""The operations that only a model with a function that streams has."""


class Route(NamedTuple):
    """operation: one of the constants above. model, version: "" where the path has none."""

    operation: str
    model: str = ""
    version: str = ""


def route(method: str, path: str, *, generates: bool = False) -> Route:
    """Finds a route; NotFound for an unknown path, MethodNotAllowed where the path takes another method.

    generates: whether the model has a function that streams.
    """
    if len(path) > _LONGEST_PATH:
        raise NotFound(f"there is no route for {summarize(path)}")
    found, allowed = _find("/" + _decoded(path).strip("/"), generates=generates)
    if method.upper() != allowed:
        raise MethodNotAllowed(method, allowed)
    return found


def _find(path: str, *, generates: bool) -> tuple[Route, str]:
    if path in _SERVER_PATHS:
        operation, allowed = _SERVER_PATHS[path]
        return Route(operation), allowed
    # In a v1 path a colon ends the names. In a v2 path it has no meaning.
    names, colon, verb = path.partition(":") if path.startswith("/v1/") else (path, "", "")
    _, protocol, *parts = names.split("/")
    model, version, rest = _split_model_path(parts)
    key = (protocol, *rest, *([colon + verb] if colon else ()))
    found = _MODEL_PATHS.get(key) or (_GENERATE_PATHS.get(key) if generates else None)
    if model and found is not None:
        return Route(found[0], model, version), found[1]
    raise NotFound(f"there is no route for {summarize(path)}")


def _split_model_path(parts: list[str]) -> tuple[str, str, list[str]]:
    """Model, version and what follows, of models/MODEL[/versions/VERSION][/...]; no model where the path is another."""
    if len(parts) < 2 or parts[0] != "models":
        return "", "", []
    if len(parts) < 4 or parts[2] != "versions":
        return parts[1], "", parts[2:]
    return (parts[1] if parts[3] else ""), parts[3], parts[4:]


def _decoded(path: str) -> str:
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)
