"""A function in a process of its own, loaded and called as Lambda's runtime client does it.

    python child.py FOLDER EVENTS ANSWERS LOG

EVENTS is a file of events, one a line, that is written anew for each line `go` on stdin. Each answer goes to the end of
ANSWERS as soon as it is there, after a HEADER. So the first event without an answer is the one that ended the process.
What the function logs goes to LOG.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import resource
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<QQQI?")
"""Microseconds of CPU time, bytes that memory grew by at its peak, bytes of the log, of the answer; raised or not."""

MEMORY_MB = 1769
_MOST_MEMORY = 5 * 2**30  # of addresses: a model that wants more fails to get it, as in a function with less memory


Encode = Callable[[Any], bytes]


class Context:
    """What the fuzzer's events say of Lambda's context object."""

    function_name = "fuzzed"
    memory_limit_in_mb = str(MEMORY_MB)

    def __init__(self, request_id: Any) -> None:
        self.aws_request_id = request_id

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds left."""
        return 29_000


def main() -> None:
    """Serves the function in argv until stdin ends."""
    folder, events, answers, log = sys.argv[1:5]
    os.environ.update(AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(MEMORY_MB), AWS_EXECUTION_ENV="AWS_Lambda_python3.13")
    ready = os.dup(1)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable(file)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path[0] = folder  # instead of this script's folder
    handler = importlib.import_module("app").handler
    encode = _encoder()
    _reset_peak()
    os.write(ready, b"ready\n")
    for _ in sys.stdin:
        with Path(events).open("rb") as lines, Path(answers).open("ab", buffering=0) as out:
            out.writelines(_answer(handler, encode, line, file) for line in lines)
        os.write(ready, b"done\n")


def _encoder() -> Encode:
    """How Lambda's runtime client writes an answer; the client is installed on Linux."""
    from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

    marshaller = LambdaMarshaller()

    def encode(answer: Any) -> bytes:
        text: str = marshaller.marshal_response(answer)[0]
        return text.encode()

    return encode


def _answer(handler: Any, encode: Encode, line: bytes, log: int) -> bytes:
    context, _, text = line.partition(b"\t")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return HEADER.pack(0, 0, os.fstat(log).st_size, 0, 0)
    _reset_peak()
    before = _peak()
    began = time.process_time_ns()
    raised = False
    try:
        answer = encode(handler(event, _context(context.decode())))
    except BaseException as error:  # noqa: BLE001  (what leaves the handler is what is looked for)
        raised = True
        answer = f"{type(error).__module__}.{type(error).__qualname__}: {error}".encode(errors="replace")
    micros = (time.process_time_ns() - began) // 1000
    grown = max(0, _peak() - before)
    return HEADER.pack(micros, grown, os.fstat(log).st_size, len(answer), raised) + answer


def _context(kind: str) -> Any:
    return {"none": None, "odd": Context(17), "empty": object()}.get(kind, Context(f"request-{kind}"))


def _peak() -> int:
    """The most bytes of memory since the peak was reset. getrusage also counts what the parent had at the fork."""
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(status.partition(b"VmHWM:")[2].split(maxsplit=1)[0]) * 1024


def _reset_peak() -> None:
    """Sets the peak to what there is now, where the system lets us (proc(5), /proc/pid/clear_refs)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
