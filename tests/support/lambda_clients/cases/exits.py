"""How a process ends."""

from __future__ import annotations

import re
from typing import Final

from support.lambda_clients.case import Case, Event

_TWO: Final = (Event(), Event())


def _does(name: str, statement: str, says: str, before: str = "import os, sys", **rest: object) -> Case:
    body = statement.replace("\n", "\n    ")
    return Case(name, f"{before}\ndef handler(event, context):\n    {body}\n", says, **rest)  # type: ignore[arg-type]


CASES: Final = (
    _does("calls sys.exit()", "sys.exit()", "the process ends with 0", expected={"exit": 0}),
    _does("calls sys.exit(3)", "sys.exit(3)", "the process ends with 3", expected={"exit": 3}),
    _does(
        "calls sys.exit with a text",
        "sys.exit('over')",
        "the text on stderr, and 1",
        expected={"exit": 1, "stderr": "over\n"},
    ),
    _does("calls exit(4)", "exit(4)", "the process ends with 4", expected={"exit": 4}),
    _does("calls quit()", "quit()", "the process ends with 0", expected={"exit": 0}),
    _does("calls os._exit(5)", "os._exit(5)", "the process ends with 5", expected={"exit": 5}),
    _does("raises KeyboardInterrupt", "raise KeyboardInterrupt", "the process ends by SIGINT", expected={"exit": -2}),
    _does("raises GeneratorExit", "raise GeneratorExit('x')", "a traceback on stderr, and 1", expected={"exit": 1}),
    _does(
        "reads a wrong address",
        "ctypes.string_at(0)",
        "the process ends by SIGSEGV",
        "import ctypes",
        expected={"exit": -11},
    ),
    _does("aborts", "os.abort()", "the process ends by SIGABRT", expected={"exit": -6}),
    _does("is killed", "os.kill(os.getpid(), 9)", "the process ends by SIGKILL", expected={"exit": -9}),
    _does(
        "calls sys.exit in a thread",
        "thread = threading.Thread(target=sys.exit)\nthread.start()\nthread.join()",
        "the thread ends",
        "import sys, threading",
        expected={"exit": "runs", "1.body": "null"},
    ),
    _does(
        "raises in a thread",
        "thread = threading.Thread(target=lambda: 1 / 0, name='mine')\nthread.start()\nthread.join()",
        "a traceback on stderr",
        "import threading",
        expected={"exit": "runs", "1.body": "null"},
    ),
    _does(
        "exits, with a function for the exit",
        "sys.exit(1)",
        "the function runs",
        "import atexit, sys\natexit.register(print, 'at exit')",
        expected={"exit": 1, "stdout": "at exit\n"},
    ),
    _does(
        "leaves a thread that goes on",
        "number = len(seen)\nthreading.Thread(target=later, args=(number,)).start()\nreturn [*seen]",
        "it goes on beside the next event",
        "import threading, time\n"
        "seen = []\n"
        "def later(number):\n"
        "    time.sleep(0.05)\n"
        "    seen.append(number)\n"
        "    print('later', number)",
        events=(Event(), Event()),
        gone=("stdout", "2.body"),
        expected={"1.body": "[]"},
    ),
    _does("is ended by SIGTERM", "return 1", "the process ends by SIGTERM", expected={"exit": -15}, terminate=True),
    _does(
        "handles SIGTERM",
        "return 1",
        "the function's handler runs, and the process goes on",
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: print('terminated'))",
        expected={"exit": "runs", "stdout": "terminated\n"},
        terminate=True,
    ),
    _does(
        "exits at SIGTERM",
        "return 1",
        "the function's handler runs; the process ends with 0, with newer versions of Python only after the next event",
        "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (print('terminated'), sys.exit(0)))",
        expected={"stdout": "terminated\n"},
        aws={"exit": frozenset({0, "runs"})},
        ours={"exit": 0},
        ours_says="the same at once: Lambda waits half a second only",
        terminate=True,
    ),
    _does(
        "closes descriptors that are not its own",
        "os.closerange(3, 100)\nlogging.error('x')\nreturn 1",
        "the process ends with 1: the descriptor of the log is closed",
        before="import os, logging",
        telemetry=True,
        aws={"exit": 1, "1.kind": None},
        ours={"exit": "runs", "1.body": "1", "stdout": re.compile("^\\[ERROR\\]\tTIME\tid-1\tx\n$")},
        ours_says="the answer, on a new connection; the log goes to stdout from then on",
    ),
    _does(
        "becomes another program",
        "os.execv('/bin/echo', ['echo', 'another program'])",
        "the other program's status counts",
        expected={"exit": 0, "stdout": "another program\n"},
    ),
    _does(
        "is ended by SIGTERM while it works",
        "os.kill(os.getpid(), signal.SIGTERM)\nreturn 1",
        "the process ends by SIGTERM",
        before="import os, signal",
        expected={"exit": -15},
    ),
    _does(
        "handles SIGTERM while it works",
        "os.kill(os.getpid(), signal.SIGTERM)\nreturn 1",
        "the function's handler runs, and the event is answered",
        before="import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: print('terminated'))",
        expected={"exit": "runs", "stdout": "terminated\n", "1.body": "1"},
    ),
    _does(
        "raises from its handler of SIGTERM while it works",
        "os.kill(os.getpid(), signal.SIGTERM)\nreturn 1",
        "the error of the event",
        before="import os, signal\ndef stop(*_):\n    raise ValueError('stopped')\nsignal.signal(signal.SIGTERM, stop)",
        expected={"exit": "runs", "1.kind": "ValueError", "1.message": "stopped"},
    ),
    _does(
        "takes longer than its time",
        "import time\ntime.sleep(0.4)\nreturn context.get_remaining_time_in_millis()",
        "nothing: Lambda ends the process; the remaining time is 0",
        events=(Event(headers=(("Lambda-Runtime-Deadline-Ms", "1000"),)),),
        expected={"1.body": "0"},
    ),
)
