"""From a method and a path to what is asked for. What a model's name or version must be is the service's business.

Sources: Open Inference Protocol v2, "HTTP/REST"; TensorFlow Serving, "RESTful API".
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
"""What follows the model, or its version, under each protocol."""


class Route(NamedTuple):
    """operation: one of the constants above. model, version: "" where the path has none."""

    operation: str
    model: str = ""
    version: str = ""


def route(method: str, path: str) -> Route:
    """Where a request goes; NotFound for a path that is none of ours, MethodNotAllowed for another method's."""
    found, allowed = _find("/" + _decoded(path).strip("/"))
    if method.upper() != allowed:
        raise MethodNotAllowed(method, allowed)
    return found


def _find(path: str) -> tuple[Route, str]:
    if path in _SERVER_PATHS:
        operation, allowed = _SERVER_PATHS[path]
        return Route(operation), allowed
    # A colon ends a v1 path's names, and is as good as any other character in v2's.
    names, colon, verb = path.partition(":") if path.startswith("/v1/") else (path, "", "")
    _, protocol, *parts = names.split("/")
    model, version, rest = _named(parts)
    found = _MODEL_PATHS.get((protocol, *rest, *([colon + verb] if colon else ())))
    if model and found is not None:
        return Route(found[0], model, version), found[1]
    raise NotFound(f"there is nothing at {summarize(path)}")


def _named(parts: list[str]) -> tuple[str, str, list[str]]:
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
