"""Exceptions of other libraries in one line, for the messages of our own errors."""


def first_line(error: BaseException) -> str:
    """The first line of the message, without its full stop; the kind of the exception where it has no message."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def kind_and_first_line(error: BaseException) -> str:
    """As first_line, with the kind before it: "ValueError: x is negative"."""
    kind, line = type(error).__name__, first_line(error)
    return kind if line == kind else f"{kind}: {line}"
