"""Which units of a tariff the packaged model's answers have. One that they never have would make them free."""

from __future__ import annotations

from pathlib import Path

from pilotlight.core.errors import ProjectError
from pilotlight.core.language_file import read_language_file
from pilotlight.core.printable import join_names
from pilotlight_runtime.manifest import Manifest
from pilotlight_runtime.metering.tariff import (
    CHARACTERS,
    COUNTED,
    IMAGES,
    REQUESTS,
    ROWS,
    TOKENS_IN,
    TOKENS_OUT,
    Tariff,
)


def check_counted(tariff: Tariff, manifest: Manifest, folder: Path, config: Path) -> None:
    """Refuse a tariff whose units the model's answers never have.

    Args:
        tariff: Of the model.
        manifest: Of the packaged version.
        folder: Holds the version's files.
        config: The model.toml, for the message.

    Raises:
        ProjectError: [units] or [price] names such a unit.
        StoreError: The version's language.json is damaged.
    """
    counted = find_counted(manifest, folder)
    tables = {"[units]": tariff.units, **{f"[price.{day}]": rates for day, rates in tariff.prices.items()}}
    for table, units in tables.items():
        for unit in units:
            if unit not in counted:
                known = join_names([name for name in COUNTED if name in counted])
                what = f"{table} {unit} counts nothing: no answer of {manifest.model} has {unit}"
                raise ProjectError(str(config), what, f"Use one or more of {known}; docs/service.md says what each is.")


def find_counted(manifest: Manifest, folder: Path) -> set[str]:
    """Return the units that answers of a version have.

    Args:
        manifest: Of the version.
        folder: Holds the version's files.

    Raises:
        StoreError: The version's language.json is damaged.
    """
    counted = {REQUESTS, ROWS}
    if manifest.image is not None:
        counted.add(IMAGES)
    if any(spec.datatype.name == "BYTES" for spec in manifest.signature.inputs):
        counted.add(CHARACTERS)
    language = read_language_file(manifest, lambda _, name: (folder / name).read_bytes())
    if language is not None:
        counted |= {CHARACTERS, TOKENS_IN}
        if language.task == "generate":
            counted.add(TOKENS_OUT)
    return counted
