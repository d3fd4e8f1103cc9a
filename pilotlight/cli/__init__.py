"""The command line `pilotlight`: it reads arguments, composes the rooms and shows what they return.

Importing it imports no command's needs: each command imports what it uses when it runs, so that --help answers at once.
"""

import io
import os
import sys
from pathlib import Path


def main() -> None:
    """Runs the command in sys.argv and ends the process with its exit code."""
    from pilotlight.cli.signals import end_like_ctrl_c
    from pilotlight.core.process_output import EXIT_STOPPED, exit_process

    end_like_ctrl_c()
    try:
        code = _run()
    except KeyboardInterrupt:  # before the command has begun
        code = EXIT_STOPPED
    exit_process(code)


def _run() -> int:
    from pilotlight.cli.app import run
    from pilotlight.cli.invocation import Invocation
    from pilotlight.core.process_output import reserve_stdout

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets ? for a bar, not a traceback
    reserve_stdout()
    return run(sys.argv[1:], Invocation(Path.cwd(), os.environ))
