"""The lines of the log that itemise what is charged, and that name what is uncertain.

`pilotlight usage --audit` compares them with the counters. A line has ids, names and numbers, and nothing of a request.
"""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import TYPE_CHECKING, Final, Mapping, TextIO

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Amount, Charge
    from pilotlight_runtime.metering.windows import Window

CHARGED: Final = "charge"
"""The counters have it. The line is written before the answer leaves."""
CHARGE_LOST: Final = "charge lost"
"""The table's reply is lost: the counters may have it. No answer left."""
SETTLEMENT_LOST: Final = "settlement lost"
"""The amount of the line was used. The counters have that, or all that was reserved."""
QUOTA: Final = "quota"
"""A tenant has passed one of THRESHOLDS."""
THRESHOLDS: Final = (50, 80, 100)
"""Percent of a quota."""

_write: Final = make_encoder(separators=(",", ":"))


class Ledger:
    """Writes the lines.

    Args:
        stream: Where they go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def record(self, message: str, charge: Charge, amount: Amount, request_id: str) -> None:
        """Writes what a request was charged, or what is uncertain about it.

        Args:
            message: CHARGED, CHARGE_LOST or SETTLEMENT_LOST.
            charge: The charge.
            amount: What the line is about.
            request_id: Lambda's id of the invocation. Many requests may have sent the same id of their own.
        """
        fields = {
            "level": "INFO" if message == CHARGED else "WARNING",
            "message": message,
            "request_id": request_id,
            "tenant": charge.tenant,
            "key_id": charge.key_id,
            "model": charge.model,
            "month": charge.labels["month"],
            "time": charge.now,
            "counts": {name: count for name, count in amount.counts.items() if count},
            "units": amount.cost,
            "micro_dollars": amount.micro,
        }
        self._write_line(fields)

    def report_thresholds(self, charge: Charge, windows: tuple[Window, ...]) -> None:
        """Writes a line for each threshold that a charge has passed: exactly one charge passes each.

        A reservation counts whole, so that a threshold may be passed again after a settlement.

        Args:
            charge: The charge.
            windows: What is left after it.
        """
        for name, label, left, limit in windows:
            if not limit:
                continue
            used = limit - left
            for percent in THRESHOLDS:
                if (used - charge.amount.cost) * 100 < percent * limit <= used * 100:
                    self._write_line(
                        {
                            "level": "WARNING",
                            "message": QUOTA,
                            "tenant": charge.tenant,
                            "window": name,
                            "label": label,
                            "percent": percent,
                            "limit": limit,
                        }
                    )

    def _write_line(self, fields: Mapping[str, object]) -> None:
        try:
            self._stream.write(_write(fields) + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # app.py has closed stdout: the audit finds the charge without its line
            return
