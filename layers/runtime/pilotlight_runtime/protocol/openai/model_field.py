"""The field `model` of a body: a function has one model."""

from __future__ import annotations

from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import UnknownModel
from pilotlight_runtime.protocol.openai.fields import Fields


def check_model(fields: Fields, name: str) -> None:
    """Raises an error unless the body names the model that is here.

    Args:
        fields: Of the body.
        name: The model's name.

    Raises:
        InvalidField: The field is missing or no text.
        UnknownModel: It names another model.
    """
    asked = fields.text("model")
    if asked is None:
        raise fields.refuse("model", f"the model's name, which is {name!r}")
    if asked != name:
        raise UnknownModel(f"the model {summarize(asked)} does not exist here; this function serves {name!r}")
