"""Addresses that allow one request: AWS Signature Version 4 in the query string.

Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from pilotlight_runtime.aws_signature import ALGORITHM, derive_key, sign, write_scope, write_time
from pilotlight_runtime.light_typing import Final, Mapping
from pilotlight_runtime.uploads.credentials import Credentials

_SERVICE: Final = "s3"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_SAFE: Final = "-_.~"
NO_HEADERS: Final[Mapping[str, str]] = {}


def presign(
    method: str,
    url: str,
    credentials: Credentials,
    *,
    region: str,
    now: float,
    seconds: int,
    headers: Mapping[str, str] = NO_HEADERS,
) -> str:
    """Signs a request to S3.

    Args:
        method: Such as "PUT".
        url: The object's URL, without a query. Its path is not encoded.
        credentials: Who signs.
        region: The bucket's region.
        now: Seconds since the epoch.
        seconds: How long the address holds. It holds no longer than the credentials.
        headers: Headers that the request must have, such as Content-Length.

    Returns:
        The URL with its signature.
    """
    parts = urlsplit(url)
    stamp = write_time(now)
    scope = write_scope(stamp, region, _SERVICE)
    signed = {"host": parts.netloc, **{name.lower(): value.strip() for name, value in headers.items()}}
    names = ";".join(sorted(signed))
    fields = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
        **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
    }
    query = "&".join(f"{quote(name, safe=_SAFE)}={quote(fields[name], safe=_SAFE)}" for name in sorted(fields))
    path = quote(parts.path, safe=f"/{_SAFE}")
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_UNSIGNED}"
    signature = sign(derive_key(credentials.secret_key, scope), stamp, scope, request)
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"
