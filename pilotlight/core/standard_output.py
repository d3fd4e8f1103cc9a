"""Writes to stdout from any thread."""

import sys


def write_to_stdout(text: str) -> None:
    """Write to the stdout of the moment, and flush it.

    Python's `print` holds no reference to sys.stdout while it writes, so that it crashes the process where another
    thread replaces sys.stdout meanwhile.

    Args:
        text: What to write, with its line ends.
    """
    stdout = sys.stdout
    stdout.write(text)
    stdout.flush()
