"""From a method and a path to what is asked for. What a model's name or version must be is the service's business.

Sources: Open Inference Protocol v2, "HTTP/REST"; TensorFlow Serving, "RESTful API".
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pilotlight_runtime.errors import MethodNotAllowed, NotFound
from pilotlight_runtime.wording import brief

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
_MODEL_PATHS: Final = (
    (re.compile("/v2/models/([^/]+)(?:/versions/([^/]+))?"), METADATA, "GET"),
    (re.compile("/v2/models/([^/]+)(?:/versions/([^/]+))?/ready"), MODEL_READY, "GET"),
    (re.compile("/v2/models/([^/]+)(?:/versions/([^/]+))?/infer"), INFER, "POST"),
    (re.compile("/v1/models/([^/:]+)(?:/versions/([^/:]+))?"), STATUS, "GET"),
    (re.compile("/v1/models/([^/:]+)(?:/versions/([^/:]+))?:predict"), PREDICT, "POST"),
)


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
    for pattern, operation, allowed in _MODEL_PATHS:
        match = pattern.fullmatch(path)
        if match is not None:
            return Route(operation, match[1], match[2] or ""), allowed
    raise NotFound(f"there is nothing at {brief(path)}")


def _decoded(path: str) -> str:
    if "%" not in path:
        return path
    from urllib.parse import unquote  # noqa: PLC0415  (models' names never need it; clients may encode the colon)

    return unquote(path)
