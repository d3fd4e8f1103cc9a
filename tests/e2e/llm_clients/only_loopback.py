"""Runs a program that may reach this machine alone: only_loopback.py PROGRAM ARGUMENTS.

A client that reports to its maker, or fetches a list of prices, leaves a line on stderr, which the tests look for.
"""

import runpy
import sys
from typing import Any

_HERE = ("127.0.0.1", "::1", "localhost")


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse a connection and the look-up of a name, unless it is one of this machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if (host.decode() if isinstance(host, bytes) else host) not in _HERE:
        sys.stderr.write(f"reached out: {event} {host}\n")
        raise OSError(f"{event}: the client wants to reach {host}")


if __name__ == "__main__":
    sys.addaudithook(refuse)
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
