"""The bucket of a stack's uploads, and the part of it that belongs to one caller.

Each API key has a prefix of its own. What lies below another one cannot be named: an object's name has no slash.
"""

from __future__ import annotations

from posix import urandom

from pilotlight_runtime.digest import bytes_sha256
from pilotlight_runtime.errors import InvalidRequest, NotFound
from pilotlight_runtime.light_typing import Any, Final, Mapping, NamedTuple
from pilotlight_runtime.messages import summarize

BUCKET_VARIABLE: Final = "PILOTLIGHT_UPLOADS"
"""The bucket's name; empty or missing where the stack has none."""
ENDPOINT_VARIABLE: Final = "AWS_ENDPOINT_URL_S3"
"""Another S3 than AWS's, as AWS's SDKs read it."""
SCHEME: Final = "s3://"

_FOLDER: Final = "uploads"
_FILE: Final = "file-"
_LONGEST: Final = 128
_SIGNS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.")


class Bucket(NamedTuple):
    """Where a caller's uploads are.

    Attributes:
        name: The bucket's name.
        region: Its region.
        endpoint: Of another S3 than AWS's, such as http://127.0.0.1:5000; "" for AWS's.
        prefix: What the caller's objects begin with, a slash at the end.
    """

    name: str
    region: str
    endpoint: str
    prefix: str

    @property
    def address(self) -> tuple[str, str]:
        """The URL without a path, and the path before a key."""
        if self.endpoint:
            return self.endpoint.rstrip("/"), f"/{self.name}/"
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.name}.s3.{self.region}.{suffix}", "/"

    def locate(self, name: str) -> str:
        """The s3:// address of the caller's object `name`."""
        return f"{SCHEME}{self.name}/{self.prefix}{name}"

    def find_key(self, location: str) -> str:
        """The key of an s3:// address; InvalidRequest where it is none of the caller's."""
        begin = f"{SCHEME}{self.name}/{self.prefix}"
        if not location.startswith(begin):
            raise InvalidRequest(
                f"Content-Location {summarize(location)} does not begin with {begin}, where this key's uploads are"
            )
        return self.key(location[len(begin) :])

    def key(self, name: str) -> str:
        """The key of the caller's object `name`; InvalidRequest where it cannot be a name."""
        if not 1 <= len(name) <= _LONGEST or not _SIGNS.issuperset(name) or not name.strip("."):
            raise InvalidRequest(f"{summarize(name)} is no name of an upload: letters, digits, -, _ and . without /")
        return f"{self.prefix}{name}"


def find_bucket(key_id: str, environ: Mapping[str, str]) -> Bucket:
    """The bucket and the caller's part of it.

    Args:
        key_id: API Gateway's id of the caller's key.
        environ: The function's environment variables.

    Returns:
        The bucket.

    Raises:
        NotFound: The stack has none.
        InvalidRequest: The request came without a key, so that no part belongs to it.
    """
    name = environ.get(BUCKET_VARIABLE, "")
    if not name:
        raise NotFound("this endpoint takes no uploads; deploy it with Uploads=on, or send the body itself")
    if not key_id:
        raise InvalidRequest("uploads belong to an API key, and this request came without one")
    prefix = f"{_FOLDER}/{bytes_sha256(key_id.encode())}/"
    return Bucket(name, environ.get("AWS_REGION", ""), environ.get(ENDPOINT_VARIABLE, ""), prefix)


def find_key_id(event: Any) -> str:
    """API Gateway's id of the key that it has checked; "" where there is none."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    identity = context.get("identity") if isinstance(context, dict) else None
    found = identity.get("apiKeyId") if isinstance(identity, dict) else None
    return found if isinstance(found, str) else ""


def make_name() -> str:
    """A new name for an upload, as OpenAI names files. It cannot be guessed."""
    return _FILE + urandom(16).hex()
