"""The runtime's own JSON reads, writes and refuses what the standard library's does, in the same words."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime import json_text

LAYER = Path(json_text.__file__).parents[1]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
keys = st.text(max_size=3) | st.integers() | st.floats() | st.booleans() | st.none()
odd_values = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=2) | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(keys, inner, max_size=3) | st.sets(keys)
    ),
    max_leaves=8,
)
blanks = st.text(" \t\n\r", max_size=3)
SIGNS = "[]{},: \t\n\r0123456789-+.eE'\"\\/bfnrtuxa\x00\x1f\x7f\x85\u00a0\ufeff\u00e9\ud800\udc00\U0001f600"
WORDS = (
    "true",
    "false",
    "null",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "\\ud83d",
    "\\ude00",
    '"a":',
    '""',
    "[]",
    "{}",
)
pieces = st.sampled_from([*SIGNS, *WORDS])


def outcome(call: Callable[..., Any], *arguments: Any) -> tuple[Any, ...]:
    """The result's repr, or the class and the words of the error with its position."""
    try:
        return ("returned", repr(call(*arguments)))
    except Exception as error:  # noqa: BLE001  (the two are compared, whatever they are)
        place = (error.msg, error.doc, error.pos) if isinstance(error, json.JSONDecodeError) else ()
        return (type(error), str(error), *place)


def same_reading(text: Any) -> None:
    assert outcome(json_text.loads, text) == outcome(json.loads, text)


@given(values, blanks, blanks, st.booleans())
def test_valid_documents(value: Any, before: str, after: str, ascii_only: bool) -> None:  # noqa: FBT001  (hypothesis calls it)
    text = before + json.dumps(value, ensure_ascii=ascii_only) + after
    same_reading(text)
    same_reading(text.encode("utf-8", "surrogatepass"))
    same_reading(bytearray(text.encode("utf-8", "surrogatepass")))


@given(st.lists(pieces, max_size=12).map("".join))
def test_texts_that_may_be_documents(text: str) -> None:
    same_reading(text)
    same_reading(text.encode("utf-8", "surrogatepass"))


@given(values, st.data())
def test_damaged_documents(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 3, len(text))))
    same_reading(text[:start] + data.draw(pieces | st.just("")) + text[end:])


@given(st.binary(max_size=12))
def test_any_bytes(raw: bytes) -> None:
    same_reading(raw)


@given(values, st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]))
def test_other_encodings(value: Any, encoding: str) -> None:
    same_reading(json.dumps(value, ensure_ascii=False).encode(encoding, "surrogatepass"))


@pytest.mark.parametrize(
    "document",
    [
        *(
            "",
            " ",
            "\n" * 5000,
            "\ufeff{}",
            " " * 5000 + "[1]" + "\n" * 9000,
            " " * 4096 + "x",
            "[1]" + " " * 4096 + "x",
        ),
        *(
            "[1" + "," * 3,
            '{"a":1,}',
            '{"a" 1}',
            '"\t"',
            '"\\x"',
            '"\\ud8"',
            "[1]]",
            "nul",
            "-",
            "-Inf",
            "01",
            "1.",
            ".5",
        ),
        *("[" * 100_000, '{"a":' * 100_000, "1" * 5000, "[" + "1" * 5000 + "]", "1e400", '{"a":1,"a":2}'),
        *(b"", b"\x00", b"1", b"1\x00", b"\x001", b"[]\x00", b"\xff", b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1"),
        *(None, 1, memoryview(b"{}"), ["[]"]),
    ],
    ids=lambda document: "memoryview" if isinstance(document, memoryview) else repr(document)[:30],
)
def test_odd_documents(document: Any) -> None:
    same_reading(document)


def test_numbers_and_constants_can_be_made_otherwise() -> None:
    text = "[1.5, 1e3, 2, NaN, -Infinity, Infinity]"
    options: dict[str, Any] = {"parse_float": "f{}".format, "parse_constant": "c{}".format}
    expected = ["f1.5", "f1e3", 2, "cNaN", "c-Infinity", "cInfinity"]
    assert json_text.make_decoder(**options)(text) == json.JSONDecoder(**options).decode(text) == expected


def test_what_a_function_raises_inside_a_document_comes_out() -> None:
    def refuse(constant: str) -> Any:
        raise LookupError(constant)

    with pytest.raises(LookupError, match="NaN"):
        json_text.make_decoder(parse_constant=refuse)("[1, NaN]")


OPTIONS: list[dict[str, Any]] = [
    {},
    {"ensure_ascii": False},
    {"separators": (",", ":")},
    {"sort_keys": True},
    {"allow_nan": False},
    {"default": repr},
    {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True, "allow_nan": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@given(values | odd_values)
def test_writing(options: dict[str, Any], value: Any) -> None:
    ours, theirs = json_text.make_encoder(**options), json.JSONEncoder(**options).encode
    assert outcome(ours, value) == outcome(theirs, value)


@given(odd_values)
def test_writing_as_usual(value: Any) -> None:
    assert outcome(json_text.dumps, value) == outcome(json.dumps, value)


class Text(str):
    __slots__ = ()


class Number(float):
    __slots__ = ()


def test_writing_classes_of_an_apps_own() -> None:
    for value in (Text("a"), [Text("a")], Number(0.5), {Text("k"): Number(1)}, {"a": object()}, object(), range(3)):
        assert outcome(json_text.dumps, value)[0] == outcome(json.dumps, value)[0]
    assert json_text.dumps({Text("k"): [Text("a"), Number(1)]}) == '{"k": ["a", 1.0]}'


def test_a_document_inside_itself() -> None:
    inner: list[Any] = [1]
    inner.append(inner)
    assert outcome(json_text.dumps, inner) == outcome(json.dumps, inner) == (ValueError, "Circular reference detected")
    inner.pop()
    assert json_text.dumps([inner, inner]) == "[[1], [1]]"  # the failure before has left nothing behind


def test_a_document_that_is_too_deep() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RecursionError):
        json_text.dumps(deep)


CHECK = """
import sys
sys.path.insert(0, sys.argv[1])
{before}
from pilotlight_runtime import json_text
assert ("json" in sys.modules) is {library}, sorted(sys.modules)
assert json_text.loads(b' {{"a": [1, 0.5, "\\\\u00e9"]}}\\n') == {{"a": [1, 0.5, "\\u00e9"]}}
assert json_text.dumps({{"a": [1, 0.5, "\\u00e9"]}}) == '{{"a": [1, 0.5, "\\\\u00e9"]}}'
assert json_text.make_encoder(ensure_ascii=False, separators=(",", ":"))(["\\u00e9", 1]) == '["\\u00e9",1]'
assert json_text.make_decoder(parse_float=str, parse_constant=str)("[0.5,NaN]") == ["0.5", "NaN"]
assert json_text.quote('a"\\u00e9') == '"a\\\\"\\u00e9"'
assert ("json" in sys.modules) is {library}, sorted(sys.modules)
"""

OTHER_ACCELERATOR = """
import _json, json, types
other = types.ModuleType("_json")
other.__dict__.update(vars(_json), make_scanner=lambda context, more: None)
sys.modules["_json"] = other
"""


@pytest.mark.parametrize(
    ("before", "library"),
    [("", False), ("sys.modules['_json'] = None", True), (OTHER_ACCELERATOR, True)],
    ids=["with the accelerator", "without", "with another one"],
)
def test_the_library_is_imported_only_where_there_is_no_accelerator(before: str, library: bool) -> None:  # noqa: FBT001  (one of two)
    code = CHECK.format(before=before, library=library)
    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(LAYER)], check=True)


def test_whether_a_number_is_infinite_is_told_by_the_same_rules() -> None:
    assert math.isinf(json_text.loads("1e400"))
    assert math.isnan(json_text.loads("NaN"))


UNLOADED = """
import sys
sys.path.insert(0, sys.argv[1])
from pilotlight_runtime.json_text import loads
assert "json" not in sys.modules
loads(sys.argv[2])
"""


@pytest.mark.parametrize("text", ['{"a"', "[1 2]", '"x', '"\\x"', "[nul]"])
def test_wrong_json_is_named_where_json_is_not_loaded(text: str) -> None:
    """Python 3.11's scanner takes the error's class from `json`, and fails without an error where that is missing."""
    command = [sys.executable, "-I", "-S", "-c", UNLOADED, str(LAYER), text]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    with pytest.raises(json.JSONDecodeError) as raised:
        json.loads(text)
    assert done.stderr.splitlines()[-1] == f"json.decoder.JSONDecodeError: {raised.value}"
