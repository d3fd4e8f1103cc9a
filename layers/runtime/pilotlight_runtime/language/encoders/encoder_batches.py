"""Groups texts by length, so that little of a run is spent on padding."""

from __future__ import annotations

from pilotlight_runtime.light_typing import Final, Iterator, Sequence

_FREE_PADDING: Final = 16
"""Tokens of padding that cost less than a run of their own."""
_MOST_PADDING: Final = 8
"""At most one in so many tokens of a larger run is padding."""


def group_by_length(lengths: Sequence[int], cells: int) -> Iterator[list[int]]:
    """Groups texts into runs, the shortest texts first.

    Args:
        lengths: The number of tokens of each text.
        cells: The most tokens of a run, its padding counted. A longer text is a run by itself.

    Yields:
        The places of a run's texts in `lengths`.
    """
    group: list[int] = []
    real = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[place]
        full = (len(group) + 1) * length
        padding = full - real - length
        if group and (full > cells or padding > max(_FREE_PADDING, full // _MOST_PADDING)):
            yield group
            group, real = [], 0
        group.append(place)
        real += length
    if group:
        yield group
