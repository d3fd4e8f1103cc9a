"""The packaged functions that the fuzzer calls."""

from fuzz.targets.apps import app_targets
from fuzz.targets.lookups import lookup_targets
from fuzz.targets.numbers import number_targets
from fuzz.targets.pictures import picture_targets
from fuzz.targets.shaped import shaped_targets
from fuzz.targets.target import Target

__all__ = ["CATALOG", "Target", "all_targets"]

CATALOG = "catalog"


def all_targets() -> dict[str, Target]:
    """Every target by name, the catalog last."""
    found = [*number_targets(), *shaped_targets(), *lookup_targets(), *app_targets(), *picture_targets()]
    catalog = Target(CATALOG, (), (), lambda _: {})
    return {target.name: target for target in (*found, catalog)}
