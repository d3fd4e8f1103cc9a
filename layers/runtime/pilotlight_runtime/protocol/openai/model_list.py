"""The list of models. Source: OpenAI, "API reference", "The model object"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping

OWNER: Final = "pilotlight"


def write_model(name: str, published: object, details: Mapping[str, Any]) -> dict[str, Any]:
    """Writes one model.

    Args:
        name: Its name.
        published: When its version was published, as ISO 8601 writes it; anything else where that is not known.
        details: Further fields.

    Returns:
        The body.
    """
    return {"id": name, "object": "model", "created": _seconds(published), "owned_by": OWNER, **details}


def write_models(*models: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the list of models."""
    return {"object": "list", "data": list(models)}


def _seconds(moment: object) -> int:
    """Seconds since the epoch; 0 where the moment is not known."""
    from datetime import datetime  # it takes 2 ms to import, and few requests need it

    try:
        return int(datetime.fromisoformat(str(moment)).timestamp())
    except (ValueError, OverflowError):
        return 0
