"""The list of models. Source: OpenAI, "API reference", "The model object"."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Final, Mapping

OWNER: Final = "pilotlight"


def write_model(name: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Writes one model.

    Args:
        name: Its name.
        details: Further fields.

    Returns:
        The body. A version is a content, not a date, so that `created` is 0.
    """
    return {"id": name, "object": "model", "created": 0, "owned_by": OWNER, **details}


def write_models(*models: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the list of models."""
    return {"object": "list", "data": list(models)}
