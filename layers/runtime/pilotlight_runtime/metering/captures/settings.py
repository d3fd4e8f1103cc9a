"""How a model captures: the field `capture` of a function's manifest.json, such as {"share": 0.01, "days": 30}.

`pilotlight package` writes it from [capture] of model.toml; see pilotlight.core.capture_config.
"""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Any, Final, NamedTuple
from pilotlight_runtime.metering.captures.names import DAYS

DEFAULT_DAYS: Final = 30


class CaptureSettings(NamedTuple):
    """How a model captures.

    Attributes:
        share: The share of requests that are captured, above 0 and at most 1.
        days: For how many days a capture is kept, one of names.DAYS.
    """

    share: float
    days: int


def read_settings(found: Any) -> CaptureSettings:
    """Reads the field.

    Args:
        found: The field, as the parsed manifest has it.

    Returns:
        The settings.

    Raises:
        ManifestError: It has another form.
    """
    fields: dict[str, Any] = found if isinstance(found, dict) else {}
    share: Any = fields.get("share")
    days: Any = fields.get("days")
    if type(share) not in (int, float) or not 0 < share <= 1 or type(days) is not int or days not in DAYS:
        raise ManifestError(
            "manifest.json: capture must have a share above 0 and at most 1, and days of"
            f" {', '.join(map(str, DAYS))}; package the model again"
        )
    return CaptureSettings(float(share), days)
