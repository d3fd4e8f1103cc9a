"""Calling a handler as a test wants it: HTTP-like requests in, status and document out."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pilotlight_runtime.entry import LambdaHandler
from pilotlight_runtime.handler import model_handler

INFER = "/v2/models/tiny/infer"
PREDICT = "/v1/models/tiny:predict"


class Answered(NamedTuple):
    """An answer in API Gateway's shape, decoded. head: the JSON, without what is binary. tail: what follows it."""

    status: int
    headers: dict[str, str]
    head: Any
    tail: bytes


class Called:
    """A model's handler with its log in memory."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.log = io.StringIO()
        self.handler: LambdaHandler = model_handler(str(folder / "app.py"), environ={}, stream=self.log, **options)

    def http(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        context: object = None,
    ) -> Answered:
        """The answer to a REST event with that request."""
        event = {
            "httpMethod": method,
            "path": path,
            "headers": headers,
            "body": base64.b64encode(body).decode() or None,
            "isBase64Encoded": bool(body),
        }
        return answered(self.handler(event, context))

    def post(self, path: str, document: object, **headers: str) -> Answered:
        """The answer to `document` as JSON; a header's underscores stand for hyphens."""
        body = json.dumps(document).encode()
        return self.http("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was logged, metrics included."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def answered(answer: dict[str, Any], unpack: Callable[[bytes], bytes] | None = None) -> Answered:
    """`answer` decoded. unpack: undoes its Content-Encoding."""
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    body = unpack(body) if unpack else body
    length = int(answer["headers"].get("Inference-Header-Content-Length", len(body)))
    return Answered(answer["statusCode"], answer["headers"], json.loads(body[:length]), body[length:])


def tensor(name: str, *values: float, shape: tuple[int, ...] = (1, 3), datatype: str = "FP32") -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": list(shape), "data": list(values)}


AB = [tensor("a", 1, 2, 3), tensor("b", 10, 20, 30)]
