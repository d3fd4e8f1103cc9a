"""How large a schema and its answers may be. A request above them is refused, so that none takes a function down."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final

NEVER: Final = 1 << 60
"""The length of the shortest text of a shape that has none."""

DEEPEST: Final = 64
"""Arrays and objects inside one another in an answer. References may lead as deep before a value begins."""

DEEPEST_SCHEMA: Final = 200
"""Objects and lists inside one another, in the document of a schema."""

MOST_SHAPES: Final = 5_000
"""Sub-schemas that a schema comes to, after its references."""

MOST_ALTERNATIVES: Final = 256
"""Alternatives of one value, after anyOf inside anyOf and allOf is multiplied out."""

MOST_READINGS: Final = 512
"""Ways to read the answer so far. More are forgotten, which only allows less."""

LONGEST_SHORTEST: Final = 65_536
"""Bytes of the shortest answer."""

MOST_TEXT: Final = 120_000
"""Bytes of all names and values that a schema lists."""

MOST_EXTRA_KEYS: Final = 1_000
"""Keys of one object that the schema does not name."""

MOST_FORCED: Final = 4_096
"""Bytes that are told at once to be without a choice."""

MOST_DIGITS: Final = 15
"""Digits before the point, and after it, of a number that the schema does not bound. They fit a double."""

LONGEST_PATTERN: Final = 1_000
"""Characters of a pattern."""

MOST_PATTERN_STATES: Final = 2_000
"""States of a pattern's automaton, with its bounds of length."""

MOST_PATTERN_WORK: Final = 400_000
"""Steps in which the automata of one schema are made; a hundred thousand take about 50 ms."""
