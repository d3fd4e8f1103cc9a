"""Checks of numbers that a person gives to a use case."""

from __future__ import annotations

from pilotlight.core.errors import ProjectError


def check_whole_number(name: str, value: object, least: int, most: int | None = None) -> None:
    """Check a whole number.

    Args:
        name: What the number is, for the error.
        value: The number.
        least: The smallest allowed number.
        most: The largest allowed number; None where there is no maximum.

    Raises:
        ProjectError: It is no whole number, too small or too large.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ProjectError(name, f"is {value!r}, expected a whole number {limits}", "Correct that value.")
