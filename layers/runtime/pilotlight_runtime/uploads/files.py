"""POST /v1/files: keeps a small file, or tells where a large one is to be uploaded.

A form, as OpenAI's clients send it, is kept at once: it is as large as Lambda carries. A JSON object with the number of
bytes gets an address for a PUT of exactly so many, which holds for 15 minutes. That is an addition to OpenAI's API.

Source: OpenAI, "API reference", Files.
"""

from __future__ import annotations

import time

from pilotlight_runtime.environment import environ as process_environ
from pilotlight_runtime.errors import InvalidRequest, MethodNotAllowed, TooLarge
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping
from pilotlight_runtime.limits import MAX_UNPACKED_BYTES
from pilotlight_runtime.protocol.http import HttpRequest, HttpResponse, is_form, json_response
from pilotlight_runtime.protocol.json_codec import loads
from pilotlight_runtime.uploads.bucket import Bucket, find_bucket, make_name
from pilotlight_runtime.uploads.credentials import CredentialSource
from pilotlight_runtime.uploads.transfer import Transfer

FILES: Final = "files"

_HOLDS: Final = 900
"""Seconds that an address holds."""
_MOST_JSON: Final = 65_536
_MOST_FIELDS: Final = 16
_LONGEST: Final = 256
"""Characters of a file name and of a purpose."""


class FilesEndpoint:
    """Answers POST /v1/files.

    Args:
        environ: The function's environment variables.
        transfer: Signs, and writes objects; None makes one.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        environ: Mapping[str, str] = process_environ,
        transfer: Transfer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._environ = environ
        self._transfer = transfer or Transfer(CredentialSource(environ), clock)
        self._clock = clock

    def answer(self, request: HttpRequest, key_id: str) -> HttpResponse:
        """The answer to a request.

        Args:
            request: The request.
            key_id: API Gateway's id of the caller's key.

        Returns:
            OpenAI's description of a file, with its "location" and, for a JSON object, an "upload".

        Raises:
            RequestError: The request is malformed, or the stack takes no uploads.
        """
        if request.method != "POST":
            raise MethodNotAllowed(request.method, "POST")
        bucket = find_bucket(key_id, self._environ)
        content_type = request.headers.get("content-type", "")
        if is_form(content_type):
            return self._keep(request.body, content_type, bucket)
        return self._announce(request.body, bucket)

    def _keep(self, body: bytes, content_type: str, bucket: Bucket) -> HttpResponse:
        from pilotlight_runtime.protocol.multipart import read_parts

        parts = read_parts(body, content_type, _MOST_FIELDS)
        files = [part for part in parts if part.field == "file" and part.filename is not None]
        if len(files) != 1:
            raise InvalidRequest(f"the form must have one file in the field 'file', and has {len(files)}")
        purpose = next((part.content for part in parts if part.field == "purpose"), b"").decode("utf-8", "replace")
        name = make_name()
        self._transfer.write(bucket, bucket.key(name), files[0].content)
        found = self._describe(bucket, name, len(files[0].content), files[0].filename or "", purpose)
        return json_response({**found, "status": "processed"})

    def _announce(self, body: bytes, bucket: Bucket) -> HttpResponse:
        document = loads(body) if 0 < len(body) <= _MOST_JSON else None
        if not isinstance(document, dict):
            raise InvalidRequest('the body must be a form with a file, or an object such as {"bytes": 10000000}')
        size = document.get("bytes")
        if type(size) is not int or size < 1:
            raise InvalidRequest("bytes must be the size of the file, a whole number from 1")
        if size > MAX_UNPACKED_BYTES:
            raise TooLarge(f"a file of {size} bytes is too large, the most is {MAX_UNPACKED_BYTES}")
        filename, purpose = (_text(document, field) for field in ("filename", "purpose"))
        name, headers = make_name(), {"Content-Length": str(size)}
        url = self._transfer.sign("PUT", bucket, bucket.key(name), _HOLDS, headers)
        upload = {"method": "PUT", "url": url, "headers": headers, "expires_at": int(self._clock()) + _HOLDS}
        return json_response(
            {**self._describe(bucket, name, size, filename, purpose), "status": "uploaded", "upload": upload}
        )

    def _describe(self, bucket: Bucket, name: str, size: int, filename: str, purpose: str) -> dict[str, Any]:
        return {
            "id": name,
            "object": "file",
            "bytes": size,
            "created_at": int(self._clock()),
            "filename": filename[:_LONGEST],
            "purpose": purpose[:_LONGEST],
            "location": bucket.locate(name),
        }


def _text(document: dict[str, Any], field: str) -> str:
    value = document.get(field, "")
    if not isinstance(value, str):
        raise InvalidRequest(f"{field} must be text")
    return value
