"""Comparisons of a version that was there already, such as an import that is repeated with --golden.

A version is named by its content and its manifest never changes, so a later comparison is a record beside it. In the
store it is `.compared/<model>/<version>/<digest of the samples>.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from pilotlight.core.documents import InvalidDocument, parse_object
from pilotlight.store import Blobs, Store
from pilotlight_runtime.manifest import Json, Manifest

COMPARED: Final = ".compared"
"""No model can have this name."""

_DIGITS: Final = 12


@dataclass(frozen=True)
class Comparison:
    """A comparison of a version with samples.

    Attributes:
        created: When, an ISO 8601 time in UTC.
        data: The samples: "source", the name of their file, and "fingerprint".
        parity: The report of the gate, as in a manifest.
    """

    created: str
    data: Json
    parity: Json

    def as_json(self) -> dict[str, Any]:
        """Return the comparison for JSON."""
        return {"created": self.created, "data": self.data, "parity": self.parity}


def record_comparison(store: Store, manifest: Manifest, comparison: Comparison) -> bool:
    """Record a comparison, unless the manifest or a record has one with the same samples.

    Args:
        store: The store of the version.
        manifest: The manifest of the version.
        comparison: The comparison.

    Returns:
        Whether it was recorded.

    Raises:
        StoreError: The store cannot be written.
    """
    fingerprint = str(comparison.data["fingerprint"])
    data = manifest.provenance.get("data")
    if isinstance(data, dict) and data.get("fingerprint") == fingerprint:
        return False
    content = json.dumps(comparison.as_json(), indent=2, allow_nan=False) + "\n"
    files = _open(store, manifest.model)
    return files.put_bytes(f"{manifest.version}/{fingerprint[:_DIGITS]}.json", content.encode())


def list_comparisons(store: Store, model: str) -> dict[str, tuple[Comparison, ...]]:
    """List the records of a model by version, the oldest first. A damaged one is left out.

    Args:
        store: The store of the model.
        model: The name of the model.

    Raises:
        StoreError: The store cannot be read.
    """
    files = _open(store, model)
    found: dict[str, list[Comparison]] = {}
    for name in sorted(files.names("")):
        comparison = _parse(files.get_bytes(name) or b"")
        if comparison is not None:
            found.setdefault(name.partition("/")[0], []).append(comparison)
    return {version: tuple(sorted(each, key=lambda one: one.created)) for version, each in found.items()}


def _open(store: Store, model: str) -> Blobs:
    return store.open_prefix(f"{COMPARED}/{model}")


def _parse(raw: bytes) -> Comparison | None:
    try:
        document = parse_object(raw)
    except InvalidDocument:
        return None
    created, data, parity = (document.get(field) for field in ("created", "data", "parity"))
    if not isinstance(created, str) or not isinstance(data, dict) or not isinstance(parity, dict):
        return None
    return Comparison(created, data, parity)
