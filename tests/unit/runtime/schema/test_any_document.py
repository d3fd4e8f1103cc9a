"""Whatever a request holds as a schema is refused in words or held to: nothing else is raised, nothing takes long."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import SchemaError
from support.random_answers import draw_answer, pick_token
from support.random_schemas import PATTERNS, find_fault, make_validator

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.language.json_constraint import compile_schema
from pilotlight_runtime.language.schema.formats import FORMATS
from pilotlight_runtime.language.schema.keywords import TYPES
from pilotlight_runtime.language.types import Constraint

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from([*TYPES, *FORMATS, *PATTERNS, "#", "#/$defs/a", "#/properties/a", "a", "b"]),
)
COUNTS = st.integers(-1, 5)
NAMES = st.sampled_from(["a", "b", "ü"])
KEYWORDS = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "title",
    "not",
    "uniqueItems",
]


def fitting(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas whose keywords mostly have values of the right kind."""
    schemas, maps = st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
    values: dict[str, st.SearchStrategy[Any]] = {
        "type": st.one_of(st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), max_size=3)),
        "enum": st.lists(SCALARS, max_size=4),
        "required": st.lists(NAMES, max_size=3),
        "format": st.sampled_from(list(FORMATS)),
        "pattern": st.one_of(st.sampled_from(PATTERNS), st.text("ab()[]{}*+?|\\^$.-1,d", max_size=8)),
        "$ref": st.sampled_from(["#", "#/$defs/a", "#/properties/a", "#/anyOf/0"]),
        **dict.fromkeys(["minItems", "maxItems", "minLength", "maxLength"], COUNTS),
        **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], st.one_of(COUNTS, st.floats())),
        "multipleOf": st.sampled_from([1, 2, 0.5, 0.1, 1e300, 10**400]),
        **dict.fromkeys(["items", "additionalProperties", "not"], inner),
        **dict.fromkeys(["anyOf", "oneOf", "allOf", "prefixItems"], schemas),
        **dict.fromkeys(["properties", "$defs"], maps),
    }
    whole = st.fixed_dictionaries({}, optional={name: values.get(name, SCALARS) for name in KEYWORDS})
    few = st.lists(st.sampled_from(KEYWORDS), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: values.get(name, SCALARS) for name in names})
    )
    return st.one_of(few, few, few, whole, st.booleans())


DOCUMENTS = st.recursive(st.one_of(st.just({}), st.booleans()), fitting, max_leaves=12)
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4)),
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        DOCUMENTS,
        DOCUMENTS,
        GARBAGE.map(lambda value: {"properties": value} if value else {}),
        st.dictionaries(st.sampled_from(KEYWORDS), GARBAGE, max_size=3),
    )
)
def test_any_document(schema: Any) -> None:
    began = time.process_time()
    make_constraint = compile_or_refuse(schema)
    assert time.process_time() - began < 5
    if make_constraint is None:
        return
    pick = random.Random(5)  # noqa: S311  (a test draws the same answers each time)
    for budget in (0, 12):
        answer = draw_answer(make_constraint(), pick_token, pick, budget)
        json.loads(answer)
        if is_schema(schema):
            assert not find_fault_if_any(answer, schema)


def is_schema(schema: Any) -> bool:
    """Whether the validator takes the schema. It refuses some: expressions that only ECMA-262 has."""
    try:
        make_validator(schema)
    except SchemaError:
        return False
    return True


def find_fault_if_any(answer: bytes, schema: Any) -> str:
    try:
        return find_fault(answer, make_validator(schema))
    except (RecursionError, OverflowError):  # the validator follows references for ever, or divides large numbers
        return ""


def compile_or_refuse(schema: Any) -> Callable[[], Constraint] | None:
    try:
        return compile_schema(schema)
    except InvalidRequest:
        return None
