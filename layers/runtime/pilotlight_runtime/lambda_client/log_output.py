"""Where an app.py's log records and this client's error reports go, in the form that Lambda's settings ask for.

Source: Lambda Developer Guide, "Using Lambda advanced logging controls with Python".
"""

from __future__ import annotations

import sys
import time

from pilotlight_runtime.lambda_client.marshal import write_result
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping, MutableMapping

FORMAT_VARIABLE: Final = "AWS_LAMBDA_LOG_FORMAT"
LEVEL_VARIABLE: Final = "AWS_LAMBDA_LOG_LEVEL"
DESCRIPTOR_VARIABLE: Final = "_LAMBDA_TELEMETRY_LOG_FD"
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_ERROR: Final = 40
_TEXT_FRAMES: Final = 0xA55A0003
_JSON_FRAMES: Final = 0xA55A0002
_STEP: Final = 4
"""Frame types are 4 apart for levels that are 10 apart, beginning with 8 above the one without a level for DEBUG."""


class LogOutput:
    """The log of one function.

    Args:
        environ: The function's environment; the descriptor's variable is taken out of it, as AWS's client does.
        write_descriptor: Writes bytes to a file descriptor.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        environ: MutableMapping[str, str],
        write_descriptor: Callable[[int, bytes], int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.json = environ.get(FORMAT_VARIABLE, "").upper() == "JSON"
        self.level = _level(environ)
        self.request_id = ""
        self.tenant_id: str | None = None
        descriptor = environ.pop(DESCRIPTOR_VARIABLE, "")
        self._descriptor = int(descriptor) if descriptor.isdigit() else None
        self._write_descriptor = write_descriptor
        self._clock = clock

    def write(self, text: str, level: int = 0, *, json: bool = False) -> None:
        """Writes one record: framed to the descriptor where Lambda gives one, else to stdout as it is.

        Args:
            text: The record.
            level: As in `logging`, in tens; 0 for a record without one.
            json: Whether the text is a JSON document, which a frame tells.
        """
        if self._descriptor is None:
            self._print(text)
            return
        encoded = text.encode("utf-8", "backslashreplace")
        kind = (_JSON_FRAMES if json else _TEXT_FRAMES) + ((level // 10 + 1) * _STEP if level else 0)
        head = kind.to_bytes(4, "big") + len(encoded).to_bytes(4, "big")
        frame = head + int(self._clock() * 1_000_000).to_bytes(8, "big") + encoded
        try:
            self._write_all(self._descriptor, frame)
        except OSError:  # the app has closed descriptors that are not its own
            self._descriptor = None
            self._print(text if text.endswith("\n") else f"{text}\n")

    def log(self, text: str) -> None:
        """Writes a record without a level. AWS's client has this method where the root handler has `log_sink`."""
        self.write(text)

    def error(self, document: Mapping[str, Any]) -> None:
        """Writes an error report as Lambda's log shows it."""
        if self.json:
            stamped = {"timestamp": time.strftime(TIME, time.gmtime(self._clock())), "level": "ERROR", **document}
            text = write_result(stamped).decode()
        else:
            kind, message = document["errorType"], document["errorMessage"]
            lines = [
                f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}",
                "Traceback (most recent call last):",
            ]
            lines += [_indent(line) for entry in document["stackTrace"] for line in entry.splitlines() or [""]]
            # One entry of CloudWatch ends at a line feed, so the lines of one report are apart by carriage returns.
            text = ("\r" if self._descriptor is None else "\n").join(lines)
        self.write(text + "\n" if self._descriptor is None else text, _ERROR, json=self.json)

    def _print(self, text: str) -> None:
        try:
            sys.stdout.write(text)
        except (AttributeError, OSError, ValueError):
            # The app has closed or replaced sys.stdout, or its encoding has no such character. No error may be lost.
            self._write_all(1, text.encode("utf-8", "backslashreplace"))

    def _write_all(self, descriptor: int, data: bytes) -> None:
        while data:
            data = data[self._write_descriptor(descriptor, data) :]


def _level(environ: Mapping[str, str]) -> str:
    found = environ.get(LEVEL_VARIABLE, "").upper()
    return "DEBUG" if found == "TRACE" else found


def _indent(line: str) -> str:
    """Spaces at the beginning become no-break spaces: CloudWatch's page would drop them."""
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text
