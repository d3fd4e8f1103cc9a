"""A change of one item in the service's table.

Two administrators, and every function that charges, write to the same items at once. So nothing writes a whole item
twice: a change names the fields that it sets and the values that it expects there, and the table does both in one step
or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

Item = dict[str, Any]
"""The fields of an item without its keys: texts, whole numbers, booleans, lists and objects."""

Path = tuple[str, ...]
"""A field of an item, or of an object in it: ("keys", HASH, "expires")."""


class Presence(Enum):
    """What an update may expect of a field in place of a value."""

    ABSENT = "absent"
    PRESENT = "present"


ABSENT, PRESENT = Presence.ABSENT, Presence.PRESENT


class Update(NamedTuple):
    """A change of one item, made where every expectation holds, and not at all elsewhere.

    Attributes:
        set: Values by field. The object that a field is in must exist.
        add: Numbers that are added to fields; to 0 where a field is missing.
        remove: Fields to remove.
        expect: What the fields hold before: a value, ABSENT or PRESENT.
    """

    set: Mapping[Path, Any] = {}
    add: Mapping[Path, int] = {}
    remove: Sequence[Path] = ()
    expect: Mapping[Path, Any] = {}
