"""A regular expression as a deterministic automaton (K. Thompson, "Regular expression search algorithm", 1968)."""

from __future__ import annotations

from itertools import pairwise

from pilotlight_runtime.language.schema.budget import Budget
from pilotlight_runtime.language.schema.character_automaton import CharacterAutomaton, explore
from pilotlight_runtime.language.schema.character_sets import Ranges
from pilotlight_runtime.language.schema.limits import LONGEST_PATTERN
from pilotlight_runtime.language.schema.pattern_nodes import (
    Characters,
    Choice,
    Node,
    Repeated,
    Sequence,
    UnsupportedPattern,
)
from pilotlight_runtime.language.schema.pattern_syntax import parse_pattern
from pilotlight_runtime.light_typing import Final, Iterable

_STATES_FOR_ONE: Final = 8
"""States of the automaton that is not deterministic, for each one that the other may have."""


def compile_pattern(pattern: str, budget: Budget) -> CharacterAutomaton:
    """Makes the automaton of a pattern, which may match anywhere in a text unless it is anchored.

    Args:
        pattern: The pattern.
        budget: Pays for the automaton.

    Raises:
        UnsupportedPattern: It can't be followed.
        TooMuchWork: Its automaton is too large.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise UnsupportedPattern(f"has more than {LONGEST_PATTERN} characters")
    states = _States(budget)
    last = states.add(parse_pattern(pattern), 0)
    return explore(states.close([0]), states.follow, lambda closed: last in closed, budget)


class _States:
    """States of an automaton that is not deterministic: each has sets that lead on, and states it is as good as."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._sets: list[list[tuple[Ranges, int]]] = [[]]
        self._same: list[list[int]] = [[]]

    def add(self, node: Node, state: int) -> int:
        """Adds what leads from `state` through a node. Returns the state behind it."""
        if isinstance(node, Characters):
            after = self._new()
            self._sets[state].append((node.ranges, after))
            return after
        if isinstance(node, Sequence):
            for part in node.parts:
                state = self.add(part, state)
            return state
        if isinstance(node, Choice):
            after = self._new()
            for branch in node.branches:
                self._same[self.add(branch, self._new_from(state))].append(after)
            return after
        return self._repeat(node, state)

    def close(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and all that they are as good as."""
        waiting = list(states)
        found = set(waiting)
        for state in waiting:
            for same in self._same[state]:
                if same not in found:
                    found.add(same)
                    waiting.append(same)
        self._budget.spend(len(found))
        return frozenset(found)

    def follow(self, closed: frozenset[int]) -> list[tuple[int, int, frozenset[int]]]:
        """The ranges that lead on from a set of states, and to which one."""
        edges = [
            (low, high, target) for state in closed for ranges, target in self._sets[state] for low, high in ranges
        ]
        bounds = sorted({low for low, _, _ in edges} | {high + 1 for _, high, _ in edges})
        begins: dict[int, list[int]] = {}
        stops: dict[int, list[int]] = {}
        for low, high, target in edges:
            begins.setdefault(low, []).append(target)
            stops.setdefault(high + 1, []).append(target)
        active: dict[int, int] = {}
        found = []
        for low, high in pairwise(bounds):
            for target in stops.get(low, ()):
                active[target] -= 1
            for target in begins.get(low, ()):
                active[target] = active.get(target, 0) + 1
            targets = [target for target, count in active.items() if count]
            if targets:
                found.append((low, high - 1, self.close(targets)))
        return found

    def _repeat(self, node: Repeated, state: int) -> int:
        for _ in range(node.least):
            state = self.add(node.part, state)
        if node.most is None:
            inside = self._new_from(state)
            self._same[self.add(node.part, inside)].append(inside)
            return self._new_from(inside)
        after = self._new()
        for _ in range(node.least, node.most):
            self._same[state].append(after)
            state = self.add(node.part, self._new_from(state))
        self._same[state].append(after)
        return after

    def _new_from(self, state: int) -> int:
        new = self._new()
        self._same[state].append(new)
        return new

    def _new(self) -> int:
        self._budget.check_states(len(self._sets) // _STATES_FOR_ONE)
        self._sets.append([])
        self._same.append([])
        return len(self._sets) - 1
