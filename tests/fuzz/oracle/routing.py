"""Which operation a method and a path name, and the documents that operations without inputs answer.

Sources: Open Inference Protocol v2, "HTTP/REST"; Triton's model repository extension; TensorFlow Serving, "RESTful
API"; docs/protocols.md. A path is percent-decoded, and a slash at its end changes nothing.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from fuzz.oracle.expected import Invalid
from fuzz.targets import CATALOG, Target

NOT_FOUND = frozenset({404})
NOT_ALLOWED = frozenset({405})
INFER, PREDICT, INDEX = "infer", "predict", "index"

_SERVER = {
    "/v2": ("GET", "server"),
    "/v2/health/live": ("GET", "live"),
    "/v2/health/ready": ("GET", "ready"),
    "/v2/repository/index": ("POST", INDEX),
}
_MODEL = re.compile(r"/v2/models/(?P<model>[^/]+)(/versions/(?P<version>[^/]+))?(?P<rest>/ready|/infer|)", re.DOTALL)
_SERVING = re.compile(r"/v1/models/(?P<model>[^/:]+)(/versions/(?P<version>[^/:]+))?(?P<rest>:predict|)", re.DOTALL)
_OPERATIONS = {
    (_MODEL, ""): ("GET", "metadata"),
    (_MODEL, "/ready"): ("GET", "model_ready"),
    (_MODEL, "/infer"): ("POST", INFER),
    (_SERVING, ""): ("GET", "status"),
    (_SERVING, ":predict"): ("POST", PREDICT),
}


def find_operation(target: Target, version: str, method: str, path: str) -> str:
    """Finds the operation; Invalid with status 404 or 405 where there is none."""
    path = "/" + unquote(path).strip("/")
    if path in _SERVER:
        allowed, operation = _SERVER[path]
        _check_method(method, allowed)
        if operation == INDEX and target.name != CATALOG:
            raise Invalid("the catalog's operation", NOT_FOUND)
        return operation
    for pattern in (_MODEL, _SERVING):
        found = pattern.fullmatch(path)
        if found:
            allowed, operation = _OPERATIONS[pattern, found["rest"]]
            _check_method(method, allowed)
            if target.name == CATALOG or found["model"] != target.name or (found["version"] or version) != version:
                raise Invalid("another model or version", NOT_FOUND)
            return operation
    raise Invalid("no such path", NOT_FOUND)


def make_document(target: Target, version: str, operation: str) -> Any:
    """The answer to an operation without inputs; only what the protocol demands of `server`."""
    if operation == "metadata":
        ends = {"inputs": target.inputs, "outputs": target.outputs}
        return {
            "name": target.name,
            "versions": [version],
            "platform": "onnx_onnxv1",
            **{side: [_metadata(spec) for spec in specs] for side, specs in ends.items()},
        }
    if operation == "model_ready":
        return {"name": target.name, "ready": True}
    if operation == "status":
        status = {"error_code": "OK", "error_message": ""}
        return {"model_version_status": [{"version": version, "state": "AVAILABLE", "status": status}]}
    return {operation: True}


def _metadata(spec: Any) -> dict[str, Any]:
    shape = [size if isinstance(size, int) else -1 for size in spec.dims]
    return {"name": spec.name, "datatype": spec.datatype, "shape": shape}


def _check_method(method: str, allowed: str) -> None:
    if method != allowed:
        raise Invalid("another method", NOT_ALLOWED)
