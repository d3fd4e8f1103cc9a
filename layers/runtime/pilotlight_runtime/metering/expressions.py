"""The one conditional update of a charge, as DynamoDB takes it.

A window is in one of two forms. While it lasts, its label is the charge's or a later one, and the cost is taken from
what is left. Where it is over, the update begins the new one, only if the label is still the old one. So a clock that
lags cannot begin a window again that is over.
Source: Amazon DynamoDB Developer Guide, "Expressions".
"""

from __future__ import annotations

from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping
from pilotlight_runtime.metering.charge import Amount, Charge, Item, Reservation
from pilotlight_runtime.metering.tenant import ACTIVE, SCHEMA, STATE, name_counters
from pilotlight_runtime.metering.windows import WINDOWS

_KEY_CONDITION: Final = (
    "#schema = :schema AND #state = :active AND attribute_exists(#keys.#hash)"
    " AND (#keys.#hash.#expires = :zero OR #keys.#hash.#expires > :now)"
    " AND (attribute_not_exists(#keys.#hash.#models) OR contains(#keys.#hash.#models, :model))"
)
_KEY_NAMES: Final = {"#schema": "schema", "#state": STATE, "#keys": "keys", "#expires": "expires", "#models": "models"}

_GROWING: Final = "#{name} >= :{name} AND (attribute_not_exists(#{name}_limit) OR #{name}_left >= :cost)"
_ROLLING: Final = (
    "(attribute_not_exists(#{name}) OR #{name} < :{name})"
    " AND (attribute_not_exists(#{name}_limit) OR #{name}_limit >= :cost)"
)


def find_over(item: Item, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The windows of an item that are over.

    Args:
        item: The tenant's item.
        labels: The labels of the windows now.

    Returns:
        Their names.
    """
    return tuple([name for name in WINDOWS if item.get(name, "") < labels[name]])


def write_charge(table: str, charge: Charge, over: tuple[str, ...]) -> dict[str, Any]:
    """Writes the update that takes a charge.

    Args:
        table: The table's name.
        charge: The charge.
        over: The names of the windows that are over.

    Returns:
        The parameters of UpdateItem.
    """
    amount = charge.amount
    names = {**_KEY_NAMES, "#hash": charge.key_hash}
    values: dict[str, object] = {
        ":schema": SCHEMA, ":active": ACTIVE, ":now": charge.now, ":model": charge.model, ":zero": 0,
        ":cost": amount.cost, ":less": -amount.cost,
    }  # fmt: skip
    conditions, sets, adds = [_KEY_CONDITION], list[str](), list[str]()
    for name in WINDOWS:
        names |= {f"#{name}": name, f"#{name}_left": f"{name}_left", f"#{name}_limit": f"{name}_limit"}
        values[f":{name}"] = charge.labels[name]
        if name in over:
            conditions.append(_ROLLING.format(name=name))
            sets.append(f"#{name} = :{name}, #{name}_left = if_not_exists(#{name}_limit, :zero) + :less")
        else:
            conditions.append(_GROWING.format(name=name))
            adds.append(f"#{name}_left :less")
    adds += _count(name_counters(charge, amount), names, values)
    update = (f"SET {', '.join(sets)} " if sets else "") + (f"ADD {', '.join(adds)}" if adds else "")
    return {
        **_write(table, charge.tenant, update, " AND ".join(conditions), names, values),
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def write_settlement(
    table: str, reservation: Reservation, used: Amount, lasting: tuple[str, ...]
) -> dict[str, Any] | None:
    """Writes the update that gives back what a reservation did not use.

    Args:
        table: The table's name.
        reservation: What was taken.
        used: What was used of it.
        lasting: The names of the windows that are not over since.

    Returns:
        The parameters of UpdateItem; None where there is nothing to give back.
    """
    charge = reservation.charge
    names: dict[str, str] = {"#schema": "schema"}
    values: dict[str, object] = {":schema": SCHEMA}
    conditions, adds = ["#schema = :schema"], list[str]()
    back = charge.amount.cost - used.cost
    for name in lasting if back else ():
        names |= {f"#{name}": name, f"#{name}_left": f"{name}_left"}
        values |= {f":{name}": reservation.labels[name], ":back": back}
        conditions.append(f"#{name} = :{name}")
        adds.append(f"#{name}_left :back")
    taken, kept = name_counters(charge, charge.amount), name_counters(charge, used)
    changes = {name: kept.get(name, 0) - taken.get(name, 0) for name in {**taken, **kept}}
    adds += _count({name: change for name, change in changes.items() if change}, names, values)
    if not adds:
        return None
    return {
        **_write(table, charge.tenant, f"ADD {', '.join(adds)}", " AND ".join(conditions), names, values),
        "ReturnValues": "NONE",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def write_read(table: str, tenant: str) -> dict[str, Any]:
    """Writes the read of a tenant's item as it is now.

    Args:
        table: The table's name.
        tenant: The tenant's id.

    Returns:
        The parameters of GetItem.
    """
    return {"TableName": table, "Key": _key(tenant), "ConsistentRead": True}


def _write(
    table: str, tenant: str, update: str, condition: str, names: dict[str, str], values: dict[str, object]
) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": _key(tenant),
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: _WRITERS[type(value)](value) for name, value in values.items()},
    }


def _key(tenant: str) -> dict[str, Any]:
    return {"pk": {"S": tenant}, "sk": {"S": STATE}}


def _count(counters: Mapping[str, int], names: dict[str, str], values: dict[str, object]) -> list[str]:
    """Adds counters to an update: their names and values, and the clauses of ADD."""
    clauses = []
    for number, (name, count) in enumerate(counters.items()):
        names[f"#c{number}"] = name
        values[f":c{number}"] = count
        clauses.append(f"#c{number} :c{number}")
    return clauses


_WRITERS: Final[Mapping[type, Callable[[Any], dict[str, str]]]] = {
    str: lambda value: {"S": value},
    int: lambda value: {"N": str(value)},
}
