"""Runs a function in a child process, and decides about each of its calls that change files."""

import errno
import os
import select
import signal
import socket
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from support.crash import seccomp
from support.crash.syscalls import CREATING, Syscall, by_number

_SECONDS: Final = 120
_AT_CWD: Final = -100 & 0xFFFFFFFF


class Action(Enum):
    """What becomes of a call."""

    ALLOW = "allow"
    KILL = "kill"
    TEAR = "tear"
    REFUSE = "refuse"


class Call(NamedTuple):
    """A call that changes a file.

    Attributes:
        syscall: The system call.
        path: The file's path.
    """

    syscall: Syscall
    path: str


class Ended(NamedTuple):
    """How the child process ended.

    Attributes:
        code: Its exit code; the negative number of the signal that killed it.
        calls: The calls below the watched folder, in their order.
    """

    code: int
    calls: tuple[Call, ...]


Decide = Callable[[int, Call], Action]
"""Takes the number of a call, from 0, and the call."""

_UNCOUNTED: Final = "/.ses"
"""A file that ONNX Runtime writes into the temporary folder in some processes. Counted, it would move all numbers."""


def run_forked(function: Callable[[], int], watched: Path, decide: Decide) -> Ended:
    """Run `function` in a child process.

    Args:
        function: Gives the exit code.
        watched: Calls that change files elsewhere are let through and not counted.
        decide: Decides about each call.

    Returns:
        How the process ended.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _be_child(function, theirs)
    theirs.close()
    _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    ours.close()
    try:
        calls = _supervise(pid, listener, f"{watched}/", decide)
    finally:
        os.close(listener)
    return Ended(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), tuple(calls))


def _be_child(function: Callable[[], int], theirs: socket.socket) -> None:
    code = 99
    try:
        os.setsid()  # so that its children are killed with it
        listener = seccomp.listen(list(by_number()))
        socket.send_fds(theirs, [b"x"], [listener])
        os.close(listener)
        theirs.close()
        code = function()
    finally:
        os._exit(code)


def _supervise(pid: int, listener: int, watched: str, decide: Decide) -> list[Call]:
    calls: list[Call] = []
    known = by_number()
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        events = poll.poll(_SECONDS * 1000)
        if not events:
            os.killpg(pid, signal.SIGKILL)
            raise TimeoutError(f"no file was changed for {_SECONDS} seconds after {len(calls)} calls")
        if not events[0][1] & select.POLLIN:
            return calls  # every process with the filter has ended
        notice = seccomp.receive(listener)
        if notice is None:
            continue
        call = _decode(notice, known[notice.number])
        if call is None or not call.path.startswith(watched) or call.path.endswith(_UNCOUNTED):
            seccomp.answer(listener, notice)
            continue
        action = decide(len(calls), call)
        calls.append(call)
        _act(action, pid, listener, notice)


def _act(action: Action, pid: int, listener: int, notice: seccomp.Notice) -> None:
    if action is Action.TEAR:
        _write_half(notice)
    if action in (Action.KILL, Action.TEAR):
        os.killpg(pid, signal.SIGKILL)
        return
    seccomp.answer(listener, notice, errno.ENOSPC if action is Action.REFUSE else 0)


def _decode(notice: seccomp.Notice, syscall: Syscall) -> Call | None:
    """The call; None where it changes no file: a write to a pipe, an open to read, a process that has ended."""
    arguments = notice.arguments
    if syscall.flags is not None and not arguments[syscall.flags] & CREATING:
        return None
    try:
        if syscall.descriptor is not None:
            return Call(syscall, _descriptor_path(notice.pid, arguments[syscall.descriptor]))
        if syscall.path is None:
            return None
        base = _AT_CWD if syscall.folder is None else arguments[syscall.folder] & 0xFFFFFFFF
        if not arguments[syscall.path]:  # utimensat without a path means the descriptor itself
            return Call(syscall, _descriptor_path(notice.pid, base))
        folder = Path(f"/proc/{notice.pid}/cwd").readlink() if base == _AT_CWD else _descriptor_path(notice.pid, base)
        path = Path(folder) / _read_text(notice.pid, arguments[syscall.path])
        return Call(syscall, os.path.normpath(path))
    except (FileNotFoundError, ProcessLookupError):
        return None


def _descriptor_path(pid: int, descriptor: int) -> str:
    return str(Path(f"/proc/{pid}/fd/{descriptor & 0xFFFFFFFF}").readlink())


def _read_memory(pid: int, address: int, size: int) -> bytes:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(size)


def _read_text(pid: int, address: int) -> str:
    """The text that ends with a zero byte at this address. A page may be the last one, so none is crossed at once."""
    found = b""
    while b"\0" not in found:
        found += _read_memory(pid, address + len(found), 4096 - (address + len(found)) % 4096)
    return os.fsdecode(found.partition(b"\0")[0])


def _write_half(notice: seccomp.Notice) -> None:
    """Write half of what a write() is about to write."""
    descriptor, address, size = notice.arguments[:3]
    half = _read_memory(notice.pid, address, size // 2)
    place = Path(f"/proc/{notice.pid}/fdinfo/{descriptor}").read_text(encoding="utf-8").split()[1]
    with Path(f"/proc/{notice.pid}/fd/{descriptor}").open("r+b") as file:
        file.seek(int(place))
        file.write(half)
