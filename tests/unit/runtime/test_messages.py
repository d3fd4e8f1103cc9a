import pytest

from pilotlight_runtime.messages import summarize


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.5, "1.5"),
        ("a'b", '"a\'b"'),
        ("\n", "'\\n'"),
        ({"a": 1}, "an object"),
        ([1, "a", None], "[1, 'a', null]"),
        ([[1]], "a list of 1"),
        ([0] * 9, "a list of 9"),
        (10**500, "a number of many digits"),
    ],
)
def test_each_kind_of_value(value: object, expected: str) -> None:
    assert summarize(value) == expected


def test_a_long_text_is_cut() -> None:
    assert summarize("a" * 10_000) == "'" + "a" * 60 + "...'"
