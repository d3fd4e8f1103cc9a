"""Seccomp's user notification: a process asks another one before each call of a list (Linux 5.5 or later)."""

import ctypes
import errno
import fcntl
import os
import platform
import struct
import subprocess
import sys
from collections.abc import Collection
from typing import Final, NamedTuple

_NO_NEW_PRIVILEGES: Final = 38
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_SET_FILTER: Final = 1
_NEW_LISTENER: Final = 8
_ALLOW: Final = 0x7FFF0000
_NOTIFY: Final = 0x7FC00000
_CONTINUE: Final = 1
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
"""Operations of the filter's language, classic BPF."""
_NOTICE_BYTES: Final = 80
_RECEIVE: Final = 0xC0502100
_ANSWER: Final = 0xC0182101
"""SECCOMP_IOCTL_NOTIF_RECV and SECCOMP_IOCTL_NOTIF_SEND of linux/seccomp.h."""


class Notice(NamedTuple):
    """A call that waits for an answer.

    Attributes:
        identity: Names the call in the answer.
        pid: The thread that makes it.
        number: The number of the system call.
        arguments: Its six arguments.
    """

    identity: int
    pid: int
    number: int
    arguments: tuple[int, ...]


def is_available() -> bool:
    """Whether this kernel has the notification: another process tries."""
    if platform.system() != "Linux" or platform.machine() not in _SECCOMP:
        return False
    code = f"import sys; sys.path[:0] = {sys.path!r}; from support.crash.seccomp import listen; listen([])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def listen(numbers: Collection[int]) -> int:
    """Have this process and its later children ask before each of these calls.

    Returns:
        The descriptor that gets the calls. Another process has to answer them.

    Raises:
        OSError: The kernel lacks the notification, or forbids it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    steps = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    steps += [struct.pack("HBBI", _JUMP_IF_EQUAL, len(numbers) - at, 0, each) for at, each in enumerate(numbers)]
    steps += [struct.pack("HBBI", _RETURN, 0, 0, action) for action in (_ALLOW, _NOTIFY)]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    descriptor = libc.syscall(_SECCOMP[platform.machine()], _SET_FILTER, _NEW_LISTENER, program)
    if descriptor < 0:
        code_of_error = ctypes.get_errno()
        raise OSError(code_of_error, os.strerror(code_of_error))
    return int(descriptor)


def receive(listener: int) -> Notice | None:
    """The next call; None where its process has ended meanwhile."""
    raw = bytearray(_NOTICE_BYTES)
    try:
        fcntl.ioctl(listener, _RECEIVE, raw)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    identity, pid, _, number = struct.unpack_from("=QIIi", raw)
    return Notice(identity, pid, number, struct.unpack_from("=6Q", raw, 32))


def answer(listener: int, notice: Notice, error: int = 0) -> None:
    """Let the call take place, or fail with this errno."""
    reply = struct.pack("=QqiI", notice.identity, 0, -error, 0 if error else _CONTINUE)
    try:
        fcntl.ioctl(listener, _ANSWER, reply)
    except OSError as caught:
        if caught.errno != errno.ENOENT:  # its process has ended meanwhile
            raise
