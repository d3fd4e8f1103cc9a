"""The end of the process."""

import os
import sys
from typing import Final, NoReturn

from pilotlight.core.runs import EXIT_INTERRUPTED

EXIT_STOPPED: Final = 130
"""What shells give a command that Ctrl-C ended."""


def leave(code: int) -> NoReturn:
    """Ends the process with `code`.

    A fit that was stopped in the middle leaves readers in TensorFlow that outlive Python, and complain on stderr, below
    the line that says how to go on. By now everything is stored and closed, so such a process ends without them.
    """
    if code in (EXIT_STOPPED, EXIT_INTERRUPTED):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
