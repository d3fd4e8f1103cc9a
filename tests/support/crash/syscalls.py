"""The system calls that change files, with their numbers on each machine."""

import os
import platform
from typing import Final, NamedTuple

MACHINES: Final = ("x86_64", "aarch64")
CREATING: Final = os.O_CREAT | os.O_TRUNC


class Syscall(NamedTuple):
    """A system call that changes files.

    Attributes:
        name: Its name.
        numbers: Its numbers on MACHINES; -1 where the machine lacks it.
        path: The place of the changed file's path among its arguments; None where a descriptor names the file.
        folder: The place of the descriptor of the folder that the path counts from; None where there is none.
        descriptor: The place of the file's descriptor; None where a path names the file.
        flags: The place of open's flags; None where it has none.
        needs_space: Whether a full disk makes it fail.
    """

    name: str
    numbers: tuple[int, int]
    path: int | None = None
    folder: int | None = None
    descriptor: int | None = None
    flags: int | None = None
    needs_space: bool = False


SYSCALLS: Final = (
    Syscall("open", (2, -1), path=0, flags=1, needs_space=True),
    Syscall("openat", (257, 56), path=1, folder=0, flags=2, needs_space=True),
    Syscall("creat", (85, -1), path=0, needs_space=True),
    Syscall("write", (1, 64), descriptor=0, needs_space=True),
    Syscall("pwrite64", (18, 68), descriptor=0, needs_space=True),
    Syscall("writev", (20, 66), descriptor=0, needs_space=True),
    Syscall("pwritev", (296, 70), descriptor=0, needs_space=True),
    Syscall("sendfile", (40, 71), descriptor=0, needs_space=True),
    Syscall("copy_file_range", (326, 285), descriptor=2, needs_space=True),
    Syscall("fallocate", (285, 47), descriptor=0, needs_space=True),
    Syscall("ftruncate", (77, 46), descriptor=0),
    Syscall("truncate", (76, 45), path=0),
    Syscall("fsync", (74, 82), descriptor=0, needs_space=True),
    Syscall("fdatasync", (75, 83), descriptor=0, needs_space=True),
    Syscall("rename", (82, -1), path=1),
    Syscall("renameat", (264, 38), path=3, folder=2),
    Syscall("renameat2", (316, 276), path=3, folder=2),
    Syscall("link", (86, -1), path=1, needs_space=True),
    Syscall("linkat", (265, 37), path=3, folder=2, needs_space=True),
    Syscall("symlink", (88, -1), path=1, needs_space=True),
    Syscall("symlinkat", (266, 36), path=2, folder=1, needs_space=True),
    Syscall("unlink", (87, -1), path=0),
    Syscall("unlinkat", (263, 35), path=1, folder=0),
    Syscall("rmdir", (84, -1), path=0),
    Syscall("mkdir", (83, -1), path=0, needs_space=True),
    Syscall("mkdirat", (258, 34), path=1, folder=0, needs_space=True),
    Syscall("mknodat", (259, 33), path=1, folder=0, needs_space=True),
    Syscall("chmod", (90, -1), path=0),
    Syscall("fchmod", (91, 52), descriptor=0),
    Syscall("fchmodat", (268, 53), path=1, folder=0),
    Syscall("fchmodat2", (452, 452), path=1, folder=0),
    Syscall("utimensat", (280, 88), path=1, folder=0),
)


def by_number(machine: str = "") -> dict[int, Syscall]:
    """The calls by their numbers on `machine`; on this one without a name."""
    place = MACHINES.index(machine or platform.machine())
    return {each.numbers[place]: each for each in SYSCALLS if each.numbers[place] >= 0}
