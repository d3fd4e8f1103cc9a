"""Modules that app.py imports after model_handler are hooked as those before it, seen in fresh processes."""

import subprocess
import sys
from pathlib import Path

import pytest

import pilotlight_runtime

LAYER = str(Path(pilotlight_runtime.__file__).parents[1])

START = """
import sys
sys.path.insert(0, sys.argv[1])
from pilotlight_runtime.startup import start_observer

class Observer:
    def request(self, record): raise AssertionError(record)
    def warning(self, message, cause): print("reported:", message, type(cause).__name__)
    def renew(self): pass

before, after = sys.argv[2:]
exec(before)
start_observer(lambda *_: Observer(), "tiny", "1", {}, None)
watching = len(sys.meta_path)
exec(after)
"""

THREAD = """
import threading
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
"""
FUTURE = """
import logging
logging.getLogger("concurrent.futures").error("canary", exc_info=ValueError("canary"))
"""
WARNING = """
import warnings
warnings.warn("canary")
"""


def said(before: str, after: str) -> str:
    command = [sys.executable, "-I", "-S", "-c", START, LAYER, before, after]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "canary" not in done.stdout + done.stderr
    assert "ZeroDivisionError: " not in done.stderr
    return done.stdout


@pytest.mark.parametrize("before", [False, True], ids=["imported later", "imported before"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (THREAD, "reported: an error outside of a request ZeroDivisionError\n"),
        (FUTURE, "reported: an error outside of a request ValueError\n"),
        (WARNING, "reported: UserWarning at (code that comes from no file) NoneType\n"),
    ],
    ids=["threading", "logging", "warnings"],
)
def test_stray_errors(code: str, expected: str, before: bool) -> None:  # noqa: FBT001  (one of two)
    imported = code.split("\n")[1] if before else ""
    assert said(imported, code) == expected


def test_a_start_imports_none_of_them() -> None:
    assert said("", "print(*sorted({'threading', 'logging', 'warnings'} & set(sys.modules)))") == "\n"


def test_a_watch_ends_with_its_module() -> None:
    assert said("", "import threading, warnings, logging\nprint(watching - len(sys.meta_path))") == "3\n"


def test_a_module_imported_later_is_as_it_would_be() -> None:
    code = """
import threading, importlib, inspect
assert threading.__spec__.name == "threading" and threading.__file__.endswith("threading.py")
assert inspect.getsource(threading.Thread).startswith("class Thread")
importlib.reload(threading)
assert threading.excepthook is threading.__excepthook__
print("the same")
"""
    assert said("", code) == "the same\n"


def test_a_module_that_is_missing_is_missing() -> None:
    code = """
from pilotlight_runtime.late_imports import when_imported
when_imported("no_such_module", print)
try:
    import no_such_module
except ModuleNotFoundError as error:
    print(error)
"""
    assert said("", code) == "No module named 'no_such_module'\n"
