"""Keeps the start-up chatter of native libraries off the terminal, and everything else on it."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Final

_STDERR: Final = 2
_CHATTER: Final = re.compile(
    r"WARNING: All log messages before absl::InitializeLog|[IW]0000 \d+|To enable the following instructions:"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] |\s*$"
)
"""How TensorFlow's native code begins the lines that it writes before its own log level is in force."""


@contextmanager
def quiet() -> Iterator[None]:
    """While inside, stdout goes to stderr, and TensorFlow's native log lines of levels info and warning go nowhere.

    A library writes them to file descriptor 2 while it is being imported, where Python cannot filter them: so the
    descriptor is held in a file, and what is not such a line is written out at the end, also when an error leaves.
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
            os.write(_STDERR, "".join(line for line in lines if not _CHATTER.match(line)).encode())
