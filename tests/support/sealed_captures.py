"""Captures as a function leaves them, without a function."""

from __future__ import annotations

import os
from binascii import a2b_base64
from pathlib import Path
from typing import Any

from pilotlight_runtime.metering.captures.aes_gcm import open_cipher
from pilotlight_runtime.metering.captures.documents import Exchange, write_document
from pilotlight_runtime.metering.captures.names import make_name
from pilotlight_runtime.metering.captures.sealing import seal


def make_exchange(tenant_id: str, now: float, **fields: Any) -> Exchange:
    """A request and its answer."""
    values: dict[str, Any] = {
        "time": int(now),
        "tenant": tenant_id,
        "key_id": "k0",
        "model": "digits",
        "version": "0123456789ab",
        "request_id": "invocation-1",
        "method": "POST",
        "path": "/v2/models/digits/infer",
        "status": 200,
        "request": b'{"inputs": "kanarienvogel"}',
        "response": b'{"outputs": 42}',
        "whole": True,
    }
    return Exchange(**{**values, **fields})


def seal_exchange(exchange: Exchange, key: bytes, now: float, days: int = 30) -> tuple[str, bytes]:
    """The name and the content of a capture. key: the tenant's data key."""
    name = make_name(days, exchange.tenant, exchange.model, now, os.urandom)
    return name, seal(open_cipher(), key, name, write_document(exchange), os.urandom)


def write_to_folder(folder: Path, name: str, content: bytes) -> None:
    """Writes a capture as captures.folder does."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def plain_key(item: Any) -> bytes:
    """The data key of a tenant's item in a file."""
    return a2b_base64(item["capture"]["key"])
