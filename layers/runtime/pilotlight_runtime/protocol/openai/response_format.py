"""What form an answer must have: the field `response_format`."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.types import Constraint
from pilotlight_runtime.light_typing import Any, Callable, Final
from pilotlight_runtime.messages import summarize
from pilotlight_runtime.protocol.openai.errors import InvalidField, name_field
from pilotlight_runtime.protocol.openai.fields import Fields

_PARAM: Final = "response_format"
_SCHEMA: Final = "response_format.json_schema.schema"
_LONGEST_NAME: Final = 64


def read_response_format(value: Any) -> Callable[[], Constraint] | None:
    """Reads the form of an answer.

    Args:
        value: The field; None where it is left out.

    Returns:
        Makes a constraint for one answer; None for plain text.

    Raises:
        InvalidField: The form is unknown, or its schema is one that no answer can be kept to.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidField(_PARAM, f"{_PARAM} must be an object, got {summarize(value)}")
    fields = Fields(value, f"{_PARAM}.")
    kind = value.get("type")
    if kind == "text":
        fields.only("type")
        return None
    if kind == "json_object":
        fields.only("type")
        return _compile(None)
    if kind == "json_schema":
        fields.only("type", "json_schema")
        return _read_schema(fields)
    raise fields.refuse("type", "one of text, json_object, json_schema")


def _read_schema(fields: Fields) -> Callable[[], Constraint]:
    described = fields.object("json_schema")
    if described is None:
        raise fields.refuse("json_schema", "an object with a name and a schema")
    described.only("name", "description", "schema", "strict")
    name = described.text("name")
    if not name or len(name) > _LONGEST_NAME:
        raise described.refuse("name", f"a text of 1 to {_LONGEST_NAME} characters")
    described.text("description")
    described.flag("strict")
    schema = described.get("schema")
    if schema is not None and not isinstance(schema, dict):
        raise described.refuse("schema", "an object")
    return _compile(schema)


def _compile(schema: dict[str, Any] | None) -> Callable[[], Constraint]:
    from pilotlight_runtime.language.json_constraint import compile_schema  # few requests need it

    try:
        return compile_schema(schema, _SCHEMA)
    except InvalidRequest as error:
        raise name_field(error, _SCHEMA) from error
