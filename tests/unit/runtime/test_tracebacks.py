import pytest

from pilotlight_runtime.tracebacks import format_redacted


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("could not convert string to float: 'secret'", "could not convert string to float: ?"),
        ('got "a secret", wanted -1.5e-7', "got ?, wanted ?"),
        (
            "running Gather node. Name:'rows_2' Status Message: idx=77 must be within the inclusive range [-4,3]",
            "running Gather node. Name:'rows_2' Status Message: idx=? must be within the inclusive range [?,?]",
        ),
    ],
)
def test_values_in_messages_are_left_out(message: str, expected: str) -> None:
    assert format_redacted(ValueError(message)) == f"ValueError: {expected}"


def test_an_error_raised_from_none_hides_what_was_before() -> None:
    error = ValueError("after")
    error.__context__ = KeyError("before")
    assert "before" not in format_redacted(error)
    assert "KeyError" in format_redacted(error)
    error.__suppress_context__ = True
    assert "KeyError" not in format_redacted(error)
