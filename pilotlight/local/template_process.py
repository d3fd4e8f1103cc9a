"""The process that all functions' processes are copies of: it has imported the runtime, and loads no function itself.

A copy shares the memory of what is imported, and starts in a millisecond. process_starter.py starts this process, and
asks for copies. It has one thread, so that a copy lacks nothing.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, NoReturn

from pilotlight.local.worker import Descriptors, answer_events

LONGEST_MESSAGE: Final = 4096

SECONDS_TO_END: Final = 5.0
"""How long a process that has closed its channel may take to end by itself."""

_RUNTIME_MODULES: Final = ("engine.ort_session", "entry", "line_observer", "loading", "service", "startup")


def main(control_descriptor: int) -> None:
    """Make copies, and tell how they ended, until the server closes the control socket.

    Each message is one JSON object. {"start": name} comes with the file descriptors of worker.Descriptors, and is
    answered by {"pid": number}. {"wait": pid} is answered by {"code": exit code} when that process has ended.

    Args:
        control_descriptor: The file descriptor of the control socket.
    """
    _import_runtime()
    gc.freeze()  # a collection in a copy would write to memory that it shares
    with socket.socket(fileno=control_descriptor) as control:
        while True:
            content, descriptors, _, _ = socket.recv_fds(control, LONGEST_MESSAGE, len(Descriptors._fields))
            if not content:
                return
            message = json.loads(content)
            if "start" in message:
                reply: dict[str, int | None] = {"pid": _copy(control, message["start"], Descriptors(*descriptors))}
            else:
                reply = {"code": _wait(message["wait"])}
            control.send(json.dumps(reply).encode())


def _import_runtime() -> None:
    """Import what a model's handler imports, and load ONNX Runtime's library.

    The environment of ONNX Runtime stays unstarted: it has a thread, which a copy would lack.

    What fails here fails again when a function is loaded, and is reported then.
    """
    with suppress(Exception):
        for module in _RUNTIME_MODULES:
            import_module(f"pilotlight_runtime.{module}")
        start: Any = import_module("pilotlight_runtime.engine.start")
        start.load_library(start.installed_library())


def _copy(control: socket.socket, name: str, descriptors: Descriptors) -> int:
    """Start a process for a function, and return its id."""
    pid = os.fork()
    if not pid:
        _become_worker(control, name, descriptors)
    for each in descriptors:
        os.close(each)
    return pid


def _become_worker(control: socket.socket, name: str, descriptors: Descriptors) -> NoReturn:
    """Answer events in the copy, which never returns to the loop of the original."""
    try:
        os.setpgid(0, 0)  # Ctrl-C in a terminal goes only to the server, which then ends its processes
        control.close()
        answer_events(name, descriptors)
    finally:
        os._exit(1)


def _wait(pid: int) -> int | None:
    """Return the exit code of a copy, -N where signal N ended it. A copy that does not end is killed.

    A copy of a template that has ended is no child of this one: None.
    """
    ends = time.monotonic() + SECONDS_TO_END
    while True:
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return None
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > ends:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
