"""Compares an object of S3 with a file without a download, where its ETag allows it.

The ETag of an object is the MD5 of its content where it was written by one request and is not encrypted with a key of
AWS KMS or of the caller. Where it was written in parts, the ETag is the MD5 of the MD5s of the parts, a dash, and their
number (Amazon S3 API Reference, "Object"; User Guide, "Checking object integrity").
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pilotlight.aws.multipart import choose_part_bytes, read_parts


def compute_etags(source: Path, part_bytes: int) -> tuple[str, str]:
    """Return the ETags that a file gets in S3: written by one request, and in parts of `part_bytes`.

    An object whose ETag is another may still have the same content.
    """
    whole, parts, number = _md5(), _md5(), 0
    for content in read_parts(source, choose_part_bytes(source, part_bytes)):
        whole.update(content)
        parts.update(_md5(content).digest())
        number += 1
    return whole.hexdigest(), f"{parts.hexdigest()}-{number}"


def _md5(content: bytes = b"") -> hashlib._Hash:
    return hashlib.md5(content, usedforsecurity=False)
