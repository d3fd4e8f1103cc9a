"""The parts of a data source by the names of its arrays.

x_train is one array. x_train.image and x_train.meta are two inputs, y_train.price and y_train.risk two outputs: what
follows the first dot is the name in [signature] of model.toml.
"""

from collections.abc import Mapping

from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.core.printable import join_names
from pilotlight.core.samples import Samples
from pilotlight.training.data.arrays import Arrays


def join_parts(found: Mapping[str, Array], where: str, hint: str) -> Arrays:
    """Joins the arrays of a source to its four parts.

    Args:
        found: The arrays by their names in the source.
        where: The name of the source.
        hint: What the source needs.

    Returns:
        The parts. One that has arrays of several names is a mapping.

    Raises:
        DataError: A part is missing, or is one array and several at once.
    """
    try:
        grouped = _group(found)
    except ValueError as error:
        raise DataError(where, str(error), hint) from error
    missing = [name for name in Arrays._fields if name not in grouped]
    if missing:
        raise DataError(where, f"lacks {', '.join(missing)} (it holds {join_names(found) or 'none'})", hint)
    return Arrays(*(grouped[name] for name in Arrays._fields))


def _group(found: Mapping[str, Array]) -> dict[str, Samples]:
    """Each part by its name; raises ValueError where one is both an array and several."""
    grouped: dict[str, Samples] = {}
    for full, array in found.items():
        part, dot, name = full.partition(".")
        if not dot:
            grouped.setdefault(part, array)
        elif isinstance(grouped.setdefault(part, {}), dict):
            grouped[part][name] = array
    for part in grouped:
        if part in found and any(full.startswith(f"{part}.") for full in found):
            raise ValueError(f"has {part} and also arrays {part}.NAME")
    return grouped
