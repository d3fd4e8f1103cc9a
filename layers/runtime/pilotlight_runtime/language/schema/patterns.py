"""The patterns of one schema, each compiled once."""

from __future__ import annotations

from pilotlight_runtime.language.schema.budget import Budget
from pilotlight_runtime.language.schema.character_automaton import CharacterAutomaton
from pilotlight_runtime.language.schema.pattern_automaton import compile_pattern


class Patterns:
    """Compiles patterns.

    Attributes:
        budget: Pays for all automata of the schema.
    """

    def __init__(self) -> None:
        self.budget = Budget()
        self._compiled: dict[str, CharacterAutomaton] = {}

    def compile(self, pattern: str) -> CharacterAutomaton:
        """Returns the automaton of a pattern; errors as in `compile_pattern`."""
        if pattern not in self._compiled:
            self._compiled[pattern] = compile_pattern(pattern, self.budget)
        return self._compiled[pattern]
