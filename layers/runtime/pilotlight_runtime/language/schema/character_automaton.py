"""Deterministic automata over characters: patterns, bounds of length, and what several of them have in common."""

from __future__ import annotations

from pilotlight_runtime.language.schema.budget import Budget
from pilotlight_runtime.language.schema.character_sets import WRITABLE
from pilotlight_runtime.light_typing import Any, Callable, Iterable, NamedTuple


class Edge(NamedTuple):
    """Characters that lead from one state to another."""

    low: int
    high: int
    target: int


class CharacterAutomaton(NamedTuple):
    """States by number, of which 0 is the first. From each of them an end can be reached, unless there is none at all.

    Attributes:
        edges: Of each state, sorted; they don't overlap.
        ends: Whether a text may end in each state.
    """

    edges: tuple[tuple[Edge, ...], ...]
    ends: tuple[bool, ...]

    def accepts(self, text: str) -> bool:
        """Whether the automaton allows a text."""
        state = 0
        for number in map(ord, text):
            for edge in self.edges[state]:
                if edge.low <= number <= edge.high:
                    state = edge.target
                    break
            else:
                return False
        return self.ends[state]


def explore(
    first: Any, follow: Callable[[Any], Iterable[tuple[int, int, Any]]], ends: Callable[[Any], bool], budget: Budget
) -> CharacterAutomaton:
    """Makes an automaton of states that are found on the way.

    Args:
        first: The first state. States are values that can be keys of a dict.
        follow: Gives the ranges of characters that lead on from a state, sorted, each with the state it leads to.
        ends: Whether a text may end in a state.
        budget: Pays for each range.

    Raises:
        TooMuchWork: There are too many.
    """
    numbers = {first: 0}
    states = [first]
    rows: list[list[Edge]] = []
    for state in states:
        row: list[Edge] = []
        for low, high, following in follow(state):
            target = numbers.setdefault(following, len(numbers))
            if target == len(states):
                states.append(following)
            if row and row[-1].target == target and row[-1].high + 1 == low:
                row[-1] = Edge(row[-1].low, high, target)
            else:
                row.append(Edge(low, high, target))
        rows.append(row)
        budget.spend(1 + len(row))
        budget.check_states(len(states))
    return _trim(rows, [ends(state) for state in states])


def intersect(one: CharacterAutomaton, other: CharacterAutomaton, budget: Budget) -> CharacterAutomaton:
    """Makes an automaton of the texts that both allow."""

    def follow(pair: tuple[int, int]) -> Iterable[tuple[int, int, tuple[int, int]]]:
        budget.spend(len(one.edges[pair[0]]) * len(other.edges[pair[1]]))
        for edge in one.edges[pair[0]]:
            for another in other.edges[pair[1]]:
                low, high = max(edge.low, another.low), min(edge.high, another.high)
                if low <= high:
                    yield low, high, (edge.target, another.target)

    return explore((0, 0), follow, lambda pair: one.ends[pair[0]] and other.ends[pair[1]], budget)


def bound_length(least: int, most: int | None, budget: Budget) -> CharacterAutomaton:
    """Makes an automaton of the texts of some length, in characters."""
    last = least if most is None else most

    def follow(count: int) -> Iterable[tuple[int, int, int]]:
        if most is None or count < most:
            return [(low, high, min(count + 1, last)) for low, high in WRITABLE]
        return []

    return explore(0, follow, lambda count: count >= least, budget)


def _trim(rows: list[list[Edge]], ends: list[bool]) -> CharacterAutomaton:
    """Leaves out the states from which no end can be reached."""
    sources: list[list[int]] = [[] for _ in rows]
    for state, row in enumerate(rows):
        for edge in row:
            sources[edge.target].append(state)
    live = [state for state, end in enumerate(ends) if end]
    found = set(live)
    for state in live:
        for source in sources[state]:
            if source not in found:
                found.add(source)
                live.append(source)
    if 0 not in found:
        return CharacterAutomaton(((),), (False,))
    kept = sorted(found)
    numbers = {state: number for number, state in enumerate(kept)}
    edges = tuple(
        tuple(Edge(edge.low, edge.high, numbers[edge.target]) for edge in rows[state] if edge.target in found)
        for state in kept
    )
    return CharacterAutomaton(edges, tuple(ends[state] for state in kept))
