"""The process of one function: it loads app.py, and answers the events that the server sends.

process_starter.py starts it, and function_process.py talks to it.

    server  ── LOAD ──▶  worker  ── READY or FAILURE ──▶  server
            ── EVENT ──▶         ── LOG, LOG …, RESULT or FAILURE ──▶
"""

from __future__ import annotations

import io
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ServiceError
from pilotlight.local.frames import Channel, ChannelEnded, Kind, attach_body, detach_body
from pilotlight.local.functions import Function, build_import_error, load_function
from pilotlight.local.lifeline import end_with_the_server
from pilotlight_runtime.tracebacks import format_redacted

_STDOUT: Final = 1
_STDERR: Final = 2


class Descriptors(NamedTuple):
    """The file descriptors that the process of a function gets.

    Attributes:
        channel: The channel's socket.
        lifeline: The end of a pipe for reading, which no other process has. The server holds the other end and writes
            nothing.
        output: The end of a pipe for writing. The server reads what native code, subprocesses and sys.stderr write.
    """

    channel: int
    lifeline: int
    output: int


def answer_events(name: str, descriptors: Descriptors) -> None:
    """Answer events until the server closes the channel, then end this process.

    Args:
        name: The model, or catalog.
        descriptors: What the server gives the process.
    """
    end_with_the_server(descriptors.lifeline)
    for each in (_STDOUT, _STDERR):
        os.dup2(descriptors.output, each)
    os.close(descriptors.output)
    channel = Channel(socket.socket(fileno=descriptors.channel))
    sys.stdout = _log_stream(channel)
    try:
        function = _load(name, channel)
        while function is not None:
            _answer(channel, function)
    except ChannelEnded:
        pass
    os._exit(0)  # threads of app.py would keep the process


def _load(name: str, channel: Channel) -> Function | None:
    """Load the function from the folder that the server names; None where it does not load."""
    folder = channel.receive().document
    try:
        function = load_function(name, Path(folder))
    except BaseException as error:  # noqa: BLE001  (a person's code at its import)
        sys.stdout.flush()
        channel.send(Kind.FAILURE, _describe_load_error(name, error))
        return None
    sys.stdout.flush()
    channel.send(Kind.READY)
    return function


def _answer(channel: Channel, function: Function) -> None:
    message = channel.receive()
    event, request_id = message.document
    try:
        document, text = detach_body(function(attach_body(event, message.text), request_id))
        sys.stdout.flush()
        channel.send(Kind.RESULT, document, text)
    except ChannelEnded:
        raise
    except BaseException as error:  # noqa: BLE001  (a person's code, and values that JSON does not have)
        sys.stdout.flush()
        details = f"Traceback without messages, which may quote the input:\n{format_redacted(error)}\n"
        channel.send(Kind.FAILURE, {**_describe(error), "traceback": details})


def _describe(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
        "frames": [[frame.filename, frame.lineno] for frame in frames],
    }


def _describe_load_error(name: str, error: BaseException) -> dict[str, Any]:
    cause = error.__cause__ if error.__cause__ is not None else error
    if not isinstance(error, ServiceError):
        error = build_import_error(name, error)
    return {**_describe(cause), "where": error.where, "what": error.what, "hint": error.hint}


class _LogMessages(io.RawIOBase):
    """Sends what is written as messages."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        text = bytes(content).decode("utf-8", "replace")
        self._channel.send(Kind.LOG, None, text)
        return len(content)


def _log_stream(channel: Channel) -> io.TextIOWrapper:
    """Make the stdout of the function: a log line is one message, ahead of the answer that it belongs to."""
    stream = io.BufferedWriter(_LogMessages(channel), 65_536)
    return io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", line_buffering=True)
