"""The errors of versions that are missing or damaged. Each names the version, the store, and the command that helps."""

from collections.abc import Iterable

from pilotlight.core.errors import StoreError
from pilotlight_runtime.manifest import MANIFEST_NAME


def build_damage_error(model: str, version: str, location: str, what: str, hint: str = "") -> StoreError:
    """Return the error of a version with damaged files.

    Args:
        model: The name of the model.
        version: The version.
        location: The location of the store.
        what: What is wrong.
        hint: What to do after the repair.
    """
    advice = f"Run `pilotlight repair {model}@{version}`. {hint}".rstrip()
    return StoreError(f"{model}@{version} in {location}", f"is damaged: {what}", advice)


def build_unfinished_error(model: str, version: str, location: str) -> StoreError:
    """Return the error of a version that has files but no manifest."""
    what = f"it has files, but no {MANIFEST_NAME}: a publication or a copy has not ended"
    hint = f"Or run `pilotlight train {model}`, or import it again: that completes a publication of the same content."
    return build_damage_error(model, version, location, what, hint)


def build_missing_error(model: str, version: str, location: str, there: Iterable[str]) -> StoreError:
    """Return the error of a version of which the store has nothing.

    Args:
        model: The name of the model.
        version: The version.
        location: The location of the store.
        there: The versions of the model that the store has.
    """
    return StoreError(
        f"{model}@{version}",
        f"is not in the store {location} (versions of {model} there: {', '.join(there) or 'none'})",
        f"Run `pilotlight train {model}` to publish one, `pilotlight pin {model}@VERSION` to pin another,"
        " or point PILOTLIGHT_STORE at the store that has it.",
    )
