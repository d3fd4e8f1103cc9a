"""The JSON of charges, filled into a template for each kind of charge: writing it anew takes five times as long."""

from __future__ import annotations

from pilotlight_runtime.json_text import make_encoder
from pilotlight_runtime.light_typing import Final
from pilotlight_runtime.metering.charge import Amount, Charge
from pilotlight_runtime.metering.expressions import write_charge
from pilotlight_runtime.metering.windows import WINDOWS

write_json: Final = make_encoder(separators=(",", ":"))
"""Writes the parameters of a call."""
_FIRST: Final = 10**40
"""From here on, numbers stand in a template for those of a charge. DynamoDB's have at most 38 digits."""


class ChargeTexts:
    """Writes the JSON of charges, and keeps a template for each kind."""

    def __init__(self) -> None:
        self._templates: dict[tuple[object, ...], str] = {}

    def write(self, table: str, charge: Charge, over: tuple[str, ...]) -> str:
        """Writes a charge.

        Args:
            table: The table's name.
            charge: The charge.
            over: See write_charge.

        Returns:
            The JSON of what write_charge returns.
        """
        tenant, key_hash, key_id, model, (counts, cost, micro), now, labels = charge
        counted = [name for name, count in counts.items() if count]
        kind = (table, model, over, micro > 0, *counted)
        template = self._templates.get(kind)
        if template is None:
            template = self._templates[kind] = _make_template(table, charge, over, counted)
        if not template or not (tenant + key_hash + key_id).isalnum():  # what a text of JSON would have to escape
            return write_json(write_charge(table, charge, over))
        values = {
            "tenant": tenant, "hash": key_hash, "key": key_id, "now": now, "cost": cost, "less": -cost, "micro": micro,
            **labels,
        }  # fmt: skip
        for name in counted:
            values[name] = counts[name]
        return template % values


def _make_template(table: str, charge: Charge, over: tuple[str, ...], counted: list[str]) -> str:
    """Makes the template of a kind of charge from one whose values are placeholders.

    Args:
        table: The table's name.
        charge: Any charge of the kind.
        over: See write_charge.
        counted: The names of what the charge counts.

    Returns:
        The template; "" where a name looks like a placeholder.
    """
    texts = {name: f"<{name}>" for name in ("tenant", "hash", "key", *WINDOWS)}
    numbers = {name: _FIRST + place for place, name in enumerate(("now", "cost", "micro", *counted))}
    if "<" in table + charge.model:
        return ""
    micro = numbers["micro"] if charge.amount.micro else 0
    amount = Amount({name: numbers[name] for name in counted}, numbers["cost"], micro)
    labels = {name: texts[name] for name in WINDOWS}
    place = Charge(texts["tenant"], texts["hash"], texts["key"], charge.model, amount, numbers["now"], labels)
    text = write_json(write_charge(table, place, over)).replace("%", "%%")
    text = text.replace(f"-{numbers['cost']}", "%(less)s")
    for name, value in {**texts, **numbers}.items():
        text = text.replace(str(value), f"%({name})s")
    return text
