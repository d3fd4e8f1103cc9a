"""Candidates for tests of the store, packaging and S3: small files that nobody runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotlight.core.artifacts import Candidate, PublishedVersion
from pilotlight.store import Store
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.signature import Signature, TensorSpec

SPEC = TensorSpec("x", DATATYPES["FP32"], (-1, 4))


def make_candidate(folder: Path, content: bytes = b"graph", weights: bytes = b"") -> Candidate:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(content)
    if weights:
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data" / "weights.bin").write_bytes(weights)
    return Candidate(folder, Signature((SPEC,), (SPEC._replace(name="y"),)))


def publish(store: Store, candidate: Candidate, model: str = "digits", **more: Any) -> PublishedVersion:
    given: dict[str, Any] = {
        "image": None,
        "metrics": {"accuracy": 0.99},
        "parity": {"samples": 128},
        "provenance": {"created": "2026-01-01T00:00:00Z"},
    }
    return store.publish(model, candidate, **(given | more))
