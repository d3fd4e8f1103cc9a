"""What a request takes from a tenant, and what the store says to it."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Any, Final, Mapping, NamedTuple

if TYPE_CHECKING:
    from pilotlight_runtime.metering.windows import Window

UNKNOWN_KEY: Final = "unknown_key"
EXPIRED: Final = "expired"
SUSPENDED: Final = "suspended"
MODEL: Final = "model"
"""Reasons of a refusal. Those of quotas are the names of the windows, `day` and `month`."""

Item = dict[str, Any]
"""The item of a tenant as plain values: text, integers, lists and dicts."""


class Amount(NamedTuple):
    """What is taken, or was used.

    Attributes:
        counts: Of requests, rows and so on, by name; see tariff.COUNTED.
        cost: Units of the quotas.
        micro: Micro-dollars.
    """

    counts: Mapping[str, int]
    cost: int
    micro: int


class Charge(NamedTuple):
    """One charge.

    Attributes:
        tenant: The tenant's id.
        key_hash: The SHA-256 of the key, in hex.
        key_id: The id of the key, which its counters have in their names.
        model: The model's name.
        amount: What is taken.
        now: Seconds since the epoch.
        labels: The labels of the windows at that time; see windows.label_windows.
    """

    tenant: str
    key_hash: str
    key_id: str
    model: str
    amount: Amount
    now: int
    labels: Mapping[str, str]


class Outcome(NamedTuple):
    """What became of a charge.

    Attributes:
        reason: Why it was refused; "" where it was taken.
        windows: What is left of each window; empty where there is no such tenant.
    """

    reason: str
    windows: tuple[Window, ...] = ()


class Reservation(NamedTuple):
    """A charge that was taken before it was known how much a request uses.

    Attributes:
        charge: The charge.
        labels: The labels of the windows that it was taken from. A clock that lags takes from a later window.
    """

    charge: Charge
    labels: Mapping[str, str]
