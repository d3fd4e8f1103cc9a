"""The environment variables as `os.environ` shows them, without the 2.5 ms that `os` takes of a cold start."""

from __future__ import annotations

import posix
import sys

from pilotlight_runtime.light_typing import Any, Final, Iterator, MutableMapping

_ENCODING: Final = sys.getfilesystemencoding()


SERVICE_VARIABLE: Final = "PILOTLIGHT_SERVICE_TABLE"
"""Names the table of a service's tenants, or is `sqlite:` and the path of a file. Without it, nothing is metered."""


CAPTURES_VARIABLE: Final = "PILOTLIGHT_CAPTURES"
"""Where captures of requests go: s3://BUCKET or s3://BUCKET/PREFIX, or the absolute path of a folder. Without it there
are none."""


class _Environment:
    """A mapping over the variables of `posix`, which are those of `os` too: each shows what the other has set."""

    def __getitem__(self, name: str) -> str:
        try:
            return _decode(posix.environ[_encode(name)])
        except KeyError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: str) -> None:
        raw_name, raw_value = _encode(name), _encode(value)
        posix.putenv(raw_name, raw_value)
        posix.environ[raw_name] = raw_value

    def get(self, name: str, default: Any = None) -> Any:
        value = posix.environ.get(_encode(name))
        return default if value is None else _decode(value)

    def pop(self, name: str, default: Any = None) -> Any:
        raw = _encode(name)
        if raw not in posix.environ:
            return default
        posix.unsetenv(raw)
        return _decode(posix.environ.pop(raw))

    def __contains__(self, name: str) -> bool:
        return _encode(name) in posix.environ

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(posix.environ)

    def keys(self) -> list[str]:
        return [_decode(name) for name in posix.environ]


def _encode(text: str) -> bytes:
    return text.encode(_ENCODING, "surrogateescape")


def _decode(raw: bytes) -> str:
    return raw.decode(_ENCODING, "surrogateescape")


_environment: Any = _Environment()
environ: Final[MutableMapping[str, str]] = _environment
"""The variables of this process."""
