"""This process' stdout and stderr, which native libraries write to beside Python, and its end."""

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Final, NoReturn, TextIO

from pilotlight.core.exit_codes import EXIT_INTERRUPTED

EXIT_STOPPED: Final = 130
"""The exit code that shells give a command that Ctrl-C ended."""

_STDOUT: Final = 1
_STDERR: Final = 2
_NATIVE_LOG: Final = re.compile(
    r"WARNING: All log messages before absl::InitializeLog|[IW]0000 \d+|To enable the following instructions:"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] |\s*$"
)
"""How TensorFlow's native code begins the lines that it writes before its own log level is in force."""


def reserve_stdout() -> None:
    """Keep stdout for what Python writes to sys.stdout; all else that writes to file descriptor 1 reaches stderr.

    The result of a command goes to sys.stdout, as JSON where it is asked for. A model's own code may write to the
    descriptor itself: C libraries do, and so do the programs that it starts.
    """
    stdout = sys.stdout
    if not isinstance(stdout, io.TextIOWrapper):
        return
    try:
        stdout.flush()
        kept = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
    except OSError:  # the process was started without one of the two
        return
    sys.stdout = os.fdopen(
        kept, "w", encoding=stdout.encoding, errors=stdout.errors, buffering=1 if stdout.line_buffering else -1
    )


@contextmanager
def hide_native_logs() -> Iterator[None]:
    """Inside, stdout goes to stderr, and TensorFlow's native log lines of levels info and warning are dropped.

    A library writes them to file descriptor 2 while it is being imported, where Python cannot filter them. So a file
    takes the descriptor's place, and all other lines are written out at the end, also when an error leaves the block.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            with redirect_stdout(sys.stderr):
                yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, _STDERR)
            os.close(kept)
            held.seek(0)
            lines = held.read().decode(errors="replace").splitlines(keepends=True)
            os.write(_STDERR, "".join(line for line in lines if not _NATIVE_LOG.match(line)).encode())


@contextmanager
def duplicate_stderr() -> Iterator[TextIO]:
    """Open stderr on a file descriptor of its own, which `hide_native_logs` does not hold back."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except OSError:  # a stream without a descriptor, as under a test runner
        yield sys.stderr
        return
    with os.fdopen(descriptor, "w", encoding=sys.stderr.encoding, errors="replace") as stream:
        yield stream


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code.

    A fit that was stopped in the middle leaves threads of TensorFlow that outlive Python and write errors to stderr,
    below the line that says how to resume. By now everything is stored and closed, so such a process ends at once.
    """
    if code in (EXIT_STOPPED, EXIT_INTERRUPTED):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
