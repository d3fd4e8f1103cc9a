"""Strings that an automaton over characters allows, as bytes of JSON.

Each character is written in one way: as it is, or with the short escape where JSON demands one.
"""

from __future__ import annotations

from heapq import heappop, heappush

from pilotlight_runtime.language.schema.byte_states import ByteShape, ByteState
from pilotlight_runtime.language.schema.character_automaton import CharacterAutomaton, Edge
from pilotlight_runtime.language.schema.characters import QUOTE
from pilotlight_runtime.language.schema.limits import NEVER
from pilotlight_runtime.light_typing import Any, Final

_ESCAPED: Final = {0x22: '"', 0x5C: "\\", 0x08: "b", 0x09: "t", 0x0A: "n", 0x0C: "f", 0x0D: "r"}
_COSTS: Final = ((0x20, 0x21, 1), (0x23, 0x5B, 1), (0x5D, 0x7F, 1), (0x00, 0x7FF, 2), (0x800, 0xFFFF, 3))


class PatternShape(ByteShape):
    """The strings of an automaton that has some."""

    def __init__(self, automaton: CharacterAutomaton) -> None:
        left = _measure(automaton)
        states = [_PatternState(number, left[number]) for number in range(len(left))]
        for state in states:
            state.automaton, state.states = automaton, states
        first = ByteState(left=left[0] + 1)
        first.ways = {QUOTE: states[0]}
        super().__init__(first)


class _PatternState(ByteState):
    """A state between two characters. Its ways are made when they are first asked for: most states never are.

    Attributes:
        automaton: The automaton.
        number: The number of this state in it.
        states: All states like this one, by number.
    """

    __slots__ = ("automaton", "number", "states")

    def __init__(self, number: int, left: int) -> None:
        super().__init__(left=left)
        self.number = number
        self.automaton: CharacterAutomaton
        self.states: list[_PatternState]

    def __getattr__(self, name: str) -> Any:
        """Makes `ways`, which is not set before."""
        if name != "ways":
            raise AttributeError(name)
        self.ways = {}
        for edge in self.automaton.edges[self.number]:
            _add_edge(self.ways, edge, self.states[edge.target])
        if self.automaton.ends[self.number]:
            self.ways[QUOTE] = _END
        for state in self.ways.values():
            _settle(state)
        return self.ways


_END: Final = ByteState(ends=True)
_END.ways = {}


def _add_edge(ways: dict[int, ByteState], edge: Edge, target: ByteState) -> None:
    """Adds the bytes of the characters of an edge."""
    for number in range(edge.low, min(edge.high, 0x7F) + 1):
        if number in _ESCAPED:
            _branch(ways, 0x5C)[ord(_ESCAPED[number])] = target
        else:
            ways[number] = target
    for first, last, tails in ((0x80, 0x7FF, 1), (0x800, 0xFFFF, 2), (0x10000, 0x10FFFF, 3)):
        low, high = max(edge.low, first), min(edge.high, last)
        if low <= high:
            _add_range(ways, low, high, tails, target, lead=(0xC0, 0xE0, 0xF0)[tails - 1])


def _add_range(ways: dict[int, ByteState], low: int, high: int, tails: int, target: ByteState, *, lead: int) -> None:
    """Adds the characters from `low` to `high`, of which `tails` bytes follow this one."""
    size = 6 * tails
    if not tails:
        ways.update({lead + number: target for number in range(low, high + 1)})
        return
    full = None
    for number in range(low >> size, (high >> size) + 1):
        first, last = max(low, number << size), min(high, (number << size) + (1 << size) - 1)
        if last - first == (1 << size) - 1 and lead + number not in ways:
            if full is None:
                full = ByteState()
                full.ways = {}
                _add_range(full.ways, 0, (1 << size) - 1, tails - 1, target, lead=0x80)
            ways[lead + number] = full
        else:
            inner = _branch(ways, lead + number)
            base = number << size
            _add_range(inner, first - base, last - base, tails - 1, target, lead=0x80)


def _branch(ways: dict[int, ByteState], byte: int) -> dict[int, ByteState]:
    """The ways behind a byte."""
    if byte not in ways:
        ways[byte] = ByteState()
        ways[byte].ways = {}
    return ways[byte].ways


def _settle(state: ByteState) -> int:
    """Sets `left` of states inside a character, which are at most three deep."""
    if not state.left and not state.ends:
        state.left = 1 + min(map(_settle, state.ways.values()))
    return state.left


def _measure(automaton: CharacterAutomaton) -> list[int]:
    """For each state the bytes to the end of the string, with its quote; NEVER where there is no end."""
    sources: list[list[tuple[int, int]]] = [[] for _ in automaton.ends]
    for state, row in enumerate(automaton.edges):
        for edge in row:
            sources[edge.target].append((state, _cheapest(edge)))
    left = [NEVER] * len(automaton.ends)
    waiting = [(1, state) for state, end in enumerate(automaton.ends) if end]
    while waiting:
        length, state = heappop(waiting)
        if length >= left[state]:
            continue
        left[state] = length
        for source, cost in sources[state]:
            if length + cost < left[source]:
                heappush(waiting, (length + cost, source))
    return left


def _cheapest(edge: Edge) -> int:
    """The fewest bytes of a character of an edge."""
    return next((cost for low, high, cost in _COSTS if edge.low <= high and edge.high >= low), 4)
