"""Ties a process to the server: it ends when the server is gone."""

from __future__ import annotations

import fcntl
import os


def tie(lifeline: int, pid: int) -> None:
    """Let the kernel end a process when the server is gone, however that ended and whatever runs in the process.

    The pipe closes with the server. Linux and macOS then send SIGIO, which ends a process that has no handler for it. A
    thread of the process could not do this: native code may keep Python's lock.

    Args:
        lifeline: The end of a pipe for reading, which the process has or gets, and no other one. The server holds the
            other end and writes nothing.
        pid: The process.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, pid)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)


def end_with_the_server(lifeline: int) -> None:
    """Tie this process.

    Args:
        lifeline: See `tie`.
    """
    tie(lifeline, os.getpid())
    try:
        gone = os.read(lifeline, 1) == b""
    except BlockingIOError:
        gone = False
    if gone:  # before the signal was asked for
        os._exit(0)
