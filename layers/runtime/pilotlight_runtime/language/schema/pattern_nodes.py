"""What a regular expression is made of."""

from __future__ import annotations

from pilotlight_runtime.language.schema.character_sets import Ranges
from pilotlight_runtime.light_typing import NamedTuple


class UnsupportedPattern(ValueError):
    """The pattern is not well-formed, or has something that no automaton follows."""


class Characters(NamedTuple):
    """One character of a set."""

    ranges: Ranges


class Sequence(NamedTuple):
    """One after the other."""

    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """One of several."""

    branches: tuple[Node, ...]


class Repeated(NamedTuple):
    """Several times.

    Attributes:
        part: What is repeated.
        least: How often at least.
        most: How often at most; None where there is no bound.
    """

    part: Node
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeated
