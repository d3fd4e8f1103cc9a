import pytest

from pilotlight.core.exception_text import first_line, kind_and_first_line


@pytest.mark.parametrize(
    ("error", "line", "with_kind"),
    [
        (ValueError("x is negative.\nmore"), "x is negative", "ValueError: x is negative"),
        (ValueError("\n  first \nsecond"), "first ", "ValueError: first "),
        (ValueError(), "ValueError", "ValueError"),
        (KeyError("name"), "'name'", "KeyError: 'name'"),
        (OSError(" \n"), "OSError", "OSError"),
    ],
)
def test_an_exception_in_one_line(error: Exception, line: str, with_kind: str) -> None:
    assert (first_line(error), kind_and_first_line(error)) == (line, with_kind)
