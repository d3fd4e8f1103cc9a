"""Exceptions of other libraries, shortened for a message."""


def first_line(error: BaseException) -> str:
    """Return the class of an exception and the first line of its message.

    Args:
        error: The exception.

    Returns:
        Such as "ValueError: bad shape". The class alone where the message is empty. A final full stop is left out,
        since the text becomes part of a sentence.
    """
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
