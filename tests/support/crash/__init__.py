"""Crash points: a command is stopped at each of its file-changing system calls, and then runs again.

The kernel reports each such call before it takes place (seccomp's user notification, Linux 5.5 or later, without
privileges). So the points are those of the whole process: of C++ libraries, of threads and of child processes too.

What is covered, in one of four ways at each point:

    kill       the process and its children get SIGKILL before the call takes place
    torn       the same, but half of the bytes of a write() are written first: a half-written file
    full       this call and every later one that needs space fail with "no space left on device" (ENOSPC)
    temporary  the same in the temporary folder, whose calls are points of their own

Then the same command runs undisturbed. It has to end with exit code 0 and the same tree, byte for byte, as a run that
was never disturbed. Before that, no visible file may hold anything but its old or its new content, and a full disk has
to end in an error of the user's that names the cause, with no temporary file left.

What is not covered: power loss (what the kernel has, counts as written), writes through mmap, and a kill between two
calls in the temporary folder, where nothing of the project changes.

    syscalls.py   the system calls that change files
    seccomp.py    the filter, and the listener that gets the calls
    intercept.py  runs a function in a child process, and decides about each of its calls
    trees.py      the content of a folder, and the differences of two
    commands.py   the commands that write, and the projects that they begin with
    points.py     every point of a command
    __main__.py   the table: `make crashpoints`
"""
