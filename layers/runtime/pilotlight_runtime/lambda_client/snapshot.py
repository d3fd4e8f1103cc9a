"""SnapStart: the hooks of app.py before the snapshot and after each restore, and what Lambda is told of them.

Source: Lambda Developer Guide, "Implement code before or after Lambda function snapshots".
"""

from __future__ import annotations

import sys

from pilotlight_runtime.lambda_client.faults import Report
from pilotlight_runtime.lambda_client.log_output import LogOutput
from pilotlight_runtime.lambda_client.marshal import write_result
from pilotlight_runtime.lambda_client.runtime_api import RuntimeApi
from pilotlight_runtime.light_typing import Any, Callable, Final

BEFORE_ERROR: Final = "Runtime.BeforeSnapshotError"
AFTER_ERROR: Final = "Runtime.AfterRestoreError"
BEFORE_EXIT, AFTER_EXIT = 64, 65
"""The exit codes of AWS's client."""


def pass_snapshot(api: RuntimeApi, output: LogOutput) -> None:
    """Runs the hooks around the snapshot. The connection of this step ends with it: none is kept across a restore.

    Raises:
        SystemExit: A hook failed, or the Runtime API did.
    """
    try:
        for hook in reversed(_hooks("get_before_snapshot")):
            hook()
        api.wait_for_restore()
    except BaseException as error:  # noqa: BLE001  (hooks are any code, and Lambda must hear of each failure)
        _leave(api.fail_init, BEFORE_ERROR, error, output, BEFORE_EXIT)
    api.connection.close()
    try:
        for hook in _hooks("get_after_restore"):
            hook()
    except BaseException as error:  # noqa: BLE001  (see above)
        _leave(api.fail_restore, AFTER_ERROR, error, output, AFTER_EXIT)


def _hooks(getter: str) -> list[Callable[[], object]]:
    """The registered hooks, in the order of their registration; none where nothing has loaded the package for them."""
    package = sys.modules.get("snapshot_restore_py")
    if package is None:
        return []
    return [_bind(*entry) for entry in getattr(package, getter)()]


def _bind(function: Any, arguments: Any, named: Any) -> Callable[[], object]:
    return lambda: function(*arguments, **named)


def _leave(tell: Callable[[str, bytes], None], kind: str, error: BaseException, output: LogOutput, code: int) -> None:
    document = Report(error).document()
    output.error(document)
    tell(kind, write_result(document))
    sys.exit(code)
