"""Where captures lie, and how long: `captures/DAYS/TENANT/MODEL/YYYY-MM-DD/HHMMSS-RANDOM`.

The days come first, because S3 deletes by the beginning of a name: the bucket has a rule for each of DAYS.
"""

from __future__ import annotations

from pilotlight_runtime.aws_signature import write_time
from pilotlight_runtime.light_typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pilotlight_runtime.metering.keys import Random

ROOT: Final = "captures"
DAYS: Final = (1, 7, 14, 30, 60, 90, 180, 365)
"""For how many days captures may be kept."""

_S3: Final = "s3://"
_DAY_SECONDS: Final = 86_400
_RANDOM_BYTES: Final = 12
_PARTS: Final = 6


class Location(NamedTuple):
    """Where captures go.

    Attributes:
        bucket: The name of a bucket; "" for a folder.
        prefix: What the names in the bucket begin with, "" or with a slash at its end.
        folder: The absolute path of a folder; "" for a bucket.
    """

    bucket: str
    prefix: str
    folder: str


class CaptureName(NamedTuple):
    """What a capture's name says.

    Attributes:
        name: The whole name.
        days: For how many days it is kept.
        tenant: The tenant's id.
        model: The model.
        day: When it was made, as YYYY-MM-DD in UTC.
        time: The same as HHMMSS.
    """

    name: str
    days: int
    tenant: str
    model: str
    day: str
    time: str


def parse_location(text: str) -> Location:
    """Reads where captures go.

    Args:
        text: s3://BUCKET or s3://BUCKET/PREFIX, or the absolute path of a folder.

    Returns:
        The location.

    Raises:
        ValueError: It has another form.
    """
    if text.startswith("/"):
        return Location("", "", text.rstrip("/") or "/")
    bucket, _, prefix = text.removeprefix(_S3).partition("/")
    if not text.startswith(_S3) or not bucket:
        raise ValueError(f"{text!r} must be s3://BUCKET, s3://BUCKET/PREFIX or the absolute path of a folder")
    prefix = prefix.strip("/")
    return Location(bucket, f"{prefix}/" if prefix else "", "")


def make_name(days: int, tenant: str, model: str, now: float, random: Random) -> str:
    """Makes the name of a new capture.

    Args:
        days: For how many days it is kept, one of DAYS.
        tenant: The tenant's id.
        model: The model.
        now: Seconds since the epoch.
        random: Makes random bytes.

    Returns:
        The name.
    """
    stamp = write_time(now)
    time = f"{stamp[9:15]}-{random(_RANDOM_BYTES).hex()}"
    return f"{name_prefix(days, tenant, model)}{label_day(now)}/{time}"


def name_prefix(days: int, tenant: str, model: str = "") -> str:
    """What the names of a tenant's captures begin with, or of one model's; with a slash at its end."""
    return f"{ROOT}/{days}/{tenant}/" + (f"{model}/" if model else "")


def label_day(now: float) -> str:
    """The day of a time, as YYYY-MM-DD in UTC."""
    stamp = write_time(now)
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"


def find_first_day(days: int, now: float) -> str:
    """The earliest day whose captures are still kept: as S3 counts, until the midnight after so many days."""
    return label_day(now - days * _DAY_SECONDS)


def parse_name(name: str) -> CaptureName | None:
    """Reads the name of a capture; None where it is no such name."""
    parts = name.split("/")
    if len(parts) != _PARTS or parts[0] != ROOT or not parts[1].isdecimal():
        return None
    _, days, tenant, model, day, rest = parts
    time, dash, random = rest.partition("-")
    if not dash or len(random) != 2 * _RANDOM_BYTES or len(time) != len("HHMMSS") or not time.isdecimal():
        return None
    if len(day) != len("YYYY-MM-DD") or not day.replace("-", "").isdecimal() or not model.strip("."):
        return None
    return CaptureName(name, int(days), tenant, model, day, time)
