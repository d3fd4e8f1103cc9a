"""The text of an exception in a log. tests/integration/runtime/test_canary.py tries many more ways to fail."""

import builtins
from itertools import pairwise
from pathlib import Path

import pytest
from support.failures import OwnError

from pilotlight_runtime.engine.abi import OrtError
from pilotlight_runtime.errors import InferenceFailed
from pilotlight_runtime.inference import infer
from pilotlight_runtime.tracebacks import UNNAMED, class_name, format_redacted, location


@pytest.mark.parametrize(
    "message",
    ["could not convert string to float: 'secret'", 'got "a secret", wanted -1.5e-7', "it's a secret", "secret"],
)
@pytest.mark.parametrize("kind", [ValueError, KeyError, InferenceFailed, OrtError, OwnError])
def test_messages_are_left_out(kind: type[Exception], message: str) -> None:
    error = kind(message, 1) if kind is OrtError else kind(message)
    assert format_redacted(error) == kind.__name__


def test_onnx_runtimes_message_names_the_node_alone() -> None:
    node = "Non-zero status code returned while running Gather node. Name:'rows_2'"
    error = OrtError(f"{node} Status Message: idx=77 must be within the inclusive range [-4,3]", 2)
    assert format_redacted(error) == f"OrtError: {node}"


def test_a_message_of_our_own_code_is_shown() -> None:
    """As long as no other code is on the way to where it was raised."""
    with pytest.raises(AttributeError) as caught:
        infer(None, None)  # type: ignore[arg-type]
    own = InferenceFailed("predict gave no tensor for output 'y'").with_traceback(_innermost(caught.value))
    assert format_redacted(own).splitlines()[0] == "InferenceFailed: predict gave no tensor for output 'y'"
    own = own.with_traceback(caught.value.__traceback__)
    assert format_redacted(own).splitlines()[0] == "InferenceFailed"


def _innermost(error: BaseException) -> object:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def test_the_frames_of_files_are_shown() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        exec("def secret(): 1 / 0\nsecret()")  # noqa: S102  (code without a file)
    lines = format_redacted(caught.value).splitlines()
    assert lines[0] == "ZeroDivisionError"
    assert lines[1].startswith(f"  {__file__}:")
    assert lines[1].endswith(" in test_the_frames_of_files_are_shown")
    assert lines[2:] == ["  (code that comes from no file)"] * 2


def test_an_error_raised_from_none_hides_what_was_before() -> None:
    error = ValueError("after")
    error.__context__ = KeyError("before")
    assert format_redacted(error).splitlines() == ["ValueError", "KeyError"]
    error.__suppress_context__ = True
    assert format_redacted(error) == "ValueError"


def test_a_chain_without_an_end_ends() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert format_redacted(one).splitlines() == ["ValueError", "KeyError"]
    errors = [ValueError() for _ in range(1000)]
    for before, after in pairwise(errors):
        before.__cause__ = after
    assert len(format_redacted(errors[0]).splitlines()) < 100


def test_the_members_of_a_group_are_shown() -> None:
    group = ExceptionGroup("secret", [KeyError("secret"), OwnError("secret")])
    group.__cause__ = OSError("secret")
    assert format_redacted(group).splitlines() == ["ExceptionGroup", "KeyError", "OwnError", "OSError"]


@pytest.mark.parametrize("module", ["builtins", "no_module", __name__, 7])
def test_a_class_that_no_module_holds_has_no_name(module: object) -> None:
    made = type("secret", (Exception,), {"__module__": module})
    assert class_name(made()) == UNNAMED
    named = type("ValueError", (Exception,), {"__module__": "builtins"})
    assert class_name(named()) == UNNAMED


def test_a_class_that_a_module_holds_has_its_name() -> None:
    assert [class_name(error) for error in (ValueError(), OwnError(), builtins.BaseException())] == [
        "ValueError",
        "OwnError",
        "BaseException",
    ]


def test_a_place_is_a_file_of_python(tmp_path: Path) -> None:
    assert location(__file__, 7) == f"{__file__}:7"
    (tmp_path / "secret").write_text("")
    for place in ("secret", str(tmp_path / "secret"), str(tmp_path / "absent.py"), "<frozen x>", "x\0.py"):
        assert location(place, 7) == "(code that comes from no file)"
