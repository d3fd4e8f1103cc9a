"""How much work the patterns of one schema may make, so that no request keeps a function busy for seconds."""

from __future__ import annotations

from pilotlight_runtime.language.schema.limits import MOST_PATTERN_STATES, MOST_PATTERN_WORK


class TooMuchWork(ValueError):
    """A pattern, or all patterns of a schema together, are larger than a request may ask for."""


class Budget:
    """What is left of the work."""

    def __init__(self) -> None:
        self._left = MOST_PATTERN_WORK

    def spend(self, steps: int) -> None:
        """Takes some steps.

        Raises:
            TooMuchWork: So many aren't left.
        """
        self._left -= steps
        if self._left < 0:
            what = "its patterns and bounds of length take too much work"
            raise TooMuchWork(f"{what}: make their repetitions shorter, or anchor them with ^")

    def check_states(self, states: int) -> None:
        """Checks the size of one automaton.

        Raises:
            TooMuchWork: It is too large.
        """
        if states > MOST_PATTERN_STATES:
            what = f"needs an automaton of more than {MOST_PATTERN_STATES} states"
            raise TooMuchWork(f"{what}: make its repetitions shorter")
