"""SnapStart: the hooks around the snapshot."""

from __future__ import annotations

from typing import Final

from support.lambda_clients.case import Case, Event

_HOOKS: Final = """
import sys
from snapshot_restore_py import register_after_restore, register_before_snapshot
seen = []
register_before_snapshot(lambda *given, **named: print("before 1", given, named), 7, key="v")
@register_before_snapshot
def second():
    print("before 2")
register_after_restore(print, "after 1")
register_after_restore(print, "after 2")
def handler(event, context):
    return "answered"
"""
_BEFORE: Final = "GET /restore/next"


def _fails(name: str, statement: str, says: str, **rest: object) -> Case:
    when = "after_restore" if "after" in name else "before_snapshot"
    app = f"""
import sys
from snapshot_restore_py import register_{when}
@register_{when}
def hook():
    {statement}
def handler(event, context): pass
"""
    return Case(name, app, says, snap_start=True, **rest)  # type: ignore[arg-type]


CASES: Final = (
    Case(
        "no hook",
        "def handler(event, context):\n    return 1\n",
        "restore/next, then the first event",
        snap_start=True,
        expected={
            "calls": [
                "GET /restore/next",
                "GET /invocation/next",
                "POST /invocation/id-1/response",
                "GET /invocation/next",
            ],
            "1.body": "1",
        },
    ),
    Case(
        "hooks of snapshot_restore_py",
        _HOOKS,
        "before the snapshot in reverse order, after it in order",
        snap_start=True,
        events=(Event(), Event()),
        expected={"stdout": "before 2\nbefore 1 (7,) {'key': 'v'}\nafter 1\nafter 2\n", "1.body": '"answered"'},
    ),
    Case("hooks without SnapStart", _HOOKS, "not called", expected={"stdout": "", "1.body": '"answered"'}),
    _fails(
        "hook before the snapshot that raises",
        "raise ValueError('no')",
        "Runtime.BeforeSnapshotError to init/error; the process ends with 64",
        expected={
            "exit": 64,
            "start.error": "Runtime.BeforeSnapshotError",
            "start.kind": "ValueError",
            "start.message": "no",
        },
    ),
    _fails(
        "hook before the snapshot that exits",
        "sys.exit(3)",
        "Runtime.BeforeSnapshotError to init/error; the process ends with 64",
        expected={"exit": 64, "start.error": "Runtime.BeforeSnapshotError", "start.kind": "SystemExit"},
    ),
    _fails(
        "hook after the restore that raises",
        "raise ValueError('no')",
        "Runtime.AfterRestoreError to restore/error; the process ends with 65",
        expected={
            "exit": 65,
            "calls": ["GET /restore/next", "POST /restore/error"],
            "restore.kind": "ValueError",
            "restore.message": "no",
        },
    ),
    _fails(
        "hook after the restore that exits",
        "sys.exit(3)",
        "Runtime.AfterRestoreError to restore/error; the process ends with 65",
        expected={"exit": 65, "restore.kind": "SystemExit"},
    ),
    Case(
        "module that fails under SnapStart",
        "import missing\n",
        "init/error, as elsewhere",
        snap_start=True,
        expected={"exit": 1, "start.error": "Runtime.ImportModuleError", "calls": ["POST /init/error"]},
    ),
)
