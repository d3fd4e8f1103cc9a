"""Sets up `logging` when something imports it: it takes 5 ms to import, and most functions do not use it."""

from __future__ import annotations

from pilotlight_runtime.lambda_client.log_output import LogOutput
from pilotlight_runtime.late_imports import when_imported
from pilotlight_runtime.light_typing import Any


def follow_import(output: LogOutput) -> None:
    """Sets up `logging` as Lambda's settings ask for, now if it is loaded, else as soon as it is."""

    def set_up(_module: Any) -> None:
        from pilotlight_runtime.lambda_client.log_records import set_up

        set_up(output)

    when_imported("logging", set_up)
