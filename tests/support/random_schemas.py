"""Random JSON Schemas that allow something, and what checks answers against them."""

import json
import random
import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]

NAMES = ["id", "name", "größe", 'a"b', "naïve \\ path", "x", "xs", "items", "日本", "🙂", "nested", "kind", "value", ""]
PATTERNS = [
    "^[a-z]+$",
    "^[A-Z]{2}-[0-9]{3,5}$",
    "(cat|dog)s?",
    "^(?:é|ü)*$",
    r"^\d{1,3}(\.\d+)?$",
    '^[^"\\\\]{2,4}$',
    "b.+a",
    r"^\S+@\w+$",
    "^(ab|a)(c|bcd)*$",
    "^[\\u4e00-\\u4e05🙂-🙆]+$",
    r"^\w[\w-]*?\w$|^$",
    "^a{0,3}b{2}$",
]
FORMATS = ["date", "time", "date-time", "uuid", "email", "hostname", "ipv4", "ipv6", "uri", "duration"]


class SchemaMaker:
    """Makes schemas of which each allows something, by construction."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (a test makes the same schemas each time)
        self._definitions: Json = {}

    def make(self) -> Json:
        """Makes a schema with definitions, one of which may be recursive."""
        pick = self._random
        self._definitions = {f"d{index}": self._schema(2) for index in range(pick.randint(0, 2))}
        if pick.random() < 0.3:
            self._definitions["list"] = self._recursive()
        return {
            **self._object(3),
            "$defs": self._definitions,
            "$schema": "https://json-schema.org/draft/2020-12/schema",
        }

    def _schema(self, deep: int) -> Json:
        pick = self._random
        makers: list[Callable[[int], Json]] = [self._string, self._number, self._integer, self._listed, self._literal]
        if deep:
            makers += [self._object, self._object, self._array, self._array, self._any_of, self._all_of, self._one_of]
        if self._definitions:
            makers.append(self._reference)
        schema = pick.choice(makers)(deep - 1)
        if pick.random() < 0.2:
            schema = {**schema, "description": "what it is", "x-order": 1}
        return schema

    def _recursive(self) -> Json:
        """A list as nested objects, which a null, a missing property or an empty array ends."""
        end = self._random.choice(["null", "missing", "array"])
        inside: Json = {"$ref": "#/$defs/list"}
        if end == "null":
            inside = {"anyOf": [inside, {"type": "null"}]}
        if end == "array":
            inside = {"type": "array", "items": inside}
        required = ["head"] if end == "missing" else ["head", "tail"]
        properties = {"head": self._schema(0), "tail": inside}
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def _reference(self, _deep: int) -> Json:
        name = self._random.choice(list(self._definitions))
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, deep: int) -> Json:
        pick = self._random
        names = pick.sample(NAMES, pick.randint(0, 4))
        schema: Json = {"type": "object", "properties": {name: self._schema(deep) for name in names}}
        schema["required"] = [name for name in names if pick.random() < 0.6]
        extra = pick.choice([None, False, True, "schema"])
        if extra is not None:
            schema["additionalProperties"] = self._schema(0) if extra == "schema" else extra
        if not names and pick.random() < 0.5:
            del schema["properties"]
        return schema

    def _array(self, deep: int) -> Json:
        pick = self._random
        schema: Json = {"type": "array", "items": self._schema(deep)}
        if pick.random() < 0.3:
            schema["prefixItems"] = [self._schema(0) for _ in range(pick.randint(1, 3))]
        if pick.random() < 0.5:
            schema["minItems"] = pick.randint(0, 3)
        if pick.random() < 0.5:
            schema["maxItems"] = schema.get("minItems", 0) + pick.randint(0, 3)
        return schema

    def _string(self, _deep: int) -> Json:
        pick = self._random
        kind = pick.choice(["free", "bounded", "pattern", "format", "both"])
        schema: Json = {"type": "string"}
        if kind == "bounded":
            schema["minLength"] = pick.randint(0, 6)
            schema["maxLength"] = schema["minLength"] + pick.randint(0, 6)
        if kind == "pattern":
            schema["pattern"] = pick.choice(PATTERNS)
        if kind == "both":
            schema |= {"pattern": "^[a-zé ]*$", "minLength": pick.randint(0, 4), "maxLength": pick.randint(4, 9)}
        if kind == "format":
            schema["format"] = pick.choice(FORMATS)
        return schema

    def _integer(self, _deep: int) -> Json:
        return {"type": "integer", **self._bounds(pick_integer=True)}

    def _number(self, _deep: int) -> Json:
        return {"type": "number", **self._bounds(pick_integer=False)}

    def _bounds(self, *, pick_integer: bool) -> Json:
        pick = self._random
        size = pick.choice([1, 100, 10**6, 10**20])
        low = pick.randint(-size, size)
        high = low + pick.randint(30, 30 + size)
        bounds: Json = {}
        lower = pick.choice([None, "minimum", "exclusiveMinimum"])
        upper = pick.choice([None, "maximum", "exclusiveMaximum"])
        shift = 0 if pick_integer else pick.choice([0, 0.5, 0.001, 1e-9])
        if lower:
            bounds[lower] = low + shift
        if upper:
            bounds[upper] = high + shift
        if pick.random() < 0.3:
            bounds["multipleOf"] = pick.choice([1, 2, 3, 7, 10] if pick_integer else [2, 0.5, 0.25, 3])
        return bounds

    def _listed(self, _deep: int) -> Json:
        pick = self._random
        values = [1, "one", None, True, 1.5, 'é\n"', [1, {"a": []}], {"k": "v", "n": [0]}, -7, 1e-7, "onetwo", 12]
        if pick.random() < 0.3:
            return {"const": pick.choice(values)}
        return {"enum": pick.sample(values, pick.randint(1, 5))}

    def _literal(self, _deep: int) -> Json:
        return {
            "type": self._random.choice(
                ["boolean", "null", ["boolean", "null"], ["string", "null"], ["integer", "array"]]
            )
        }

    def _any_of(self, deep: int) -> Json:
        branches = [self._schema(deep) for _ in range(self._random.randint(1, 4))]
        return {"anyOf": branches}

    def _all_of(self, deep: int) -> Json:
        first = self._object(deep)
        first.pop("additionalProperties", None)
        name = self._random.choice(NAMES)
        second = {"properties": {name: {}}, "required": [name]}
        return {"allOf": [first, second]}

    def _one_of(self, deep: int) -> Json:
        branches = []
        for kind in ("a", "b", "c")[: self._random.randint(1, 3)]:
            branch = self._object(deep)
            branch["properties"] = {"tag": {"const": kind}, **branch.get("properties", {})}
            branch["required"] = ["tag", *branch["required"]]
            branches.append(branch)
        return {"oneOf": [*branches, {"type": "null"}]}


def _parses(read: Callable[[str], object]) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        if isinstance(value, str):
            read(value)
        return True

    return check


def _read_address(text: str) -> None:
    local, _, host = text.partition("@")
    if not local or "." not in host or len(local) > 64 or len(text) > 254:
        raise ValueError(text)


def _read_uri(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port is not None and parts.port > 65_535):
        raise ValueError(text)


def _read_host(text: str) -> None:
    if len(text) > 253 or any(
        not label or len(label) > 63 or label[0] == "-" or label[-1] == "-" for label in text.split(".")
    ):
        raise ValueError(text)


def _read_duration(text: str) -> None:
    if not text.startswith("P") or text[-1].isdigit() or len(text) < 3:
        raise ValueError(text)


def make_validator(schema: Json) -> Draft202012Validator:
    """Makes a validator that checks formats too, with the standard library."""
    checker = FormatChecker(())
    readers: dict[str, Callable[[str], object]] = {
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "date-time": datetime.fromisoformat,
        "uuid": uuid.UUID,
        "email": _read_address,
        "hostname": _read_host,
        "ipv4": ip_address,
        "ipv6": ip_address,
        "uri": _read_uri,
        "duration": _read_duration,
    }
    for name, read in readers.items():
        checker.checks(name, ValueError)(_parses(read))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=checker)


def find_fault(answer: bytes, validator: Draft202012Validator) -> str:
    """Why an answer is not valid; "" where it is."""
    try:
        value = json.loads(answer, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        return f"{answer[:300]!r} is no JSON of characters: {error}"
    fault = next(validator.iter_errors(value), None)
    return "" if fault is None else f"{answer[:300]!r}: {fault.message[:300]}"


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
