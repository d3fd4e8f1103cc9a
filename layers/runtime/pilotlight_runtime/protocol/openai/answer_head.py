"""What all answers of a model begin with."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, NamedTuple


class AnswerHead(NamedTuple):
    """id: of the answer. created: seconds since the epoch. model: its name. version: its version."""

    id: str
    created: int
    model: str
    version: str

    def write(self, kind: str) -> dict[str, Any]:
        """Writes the fields. kind: the answer's `object`."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.version,
        }
