"""What a chat template writes between messages, found with conversations whose texts are markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any, Final, NamedTuple

from pilotlight_runtime.language.chat_prompt import ASSISTANT, FIRST, LAST_USER, SYSTEM, TOOL, USER

LONGEST_PROBE: Final = 4
"""Messages of a probe. With four, each pair of roles stands at the beginning, in the middle and at the end."""

_MARKER: Final = re.compile("\ue000([0-9]+)\ue001")
_ROLE_SETS: Final = ((SYSTEM, USER, ASSISTANT, TOOL), (SYSTEM, USER, ASSISTANT), (USER, ASSISTANT))

Split = Callable[[str], list[Any]]
"""Splits a text into plain texts and control tokens."""


class Rules(NamedTuple):
    """Which conversations a format is for.

    Attributes:
        roles: The roles.
        system_anywhere: Whether a system message may stand at another place than the beginning.
        ends_with_assistant: Whether the last message may be the assistant's.
        system: FIRST or LAST_USER.
    """

    roles: tuple[str, ...]
    system_anywhere: bool
    ends_with_assistant: bool
    system: str

    def include(self, roles: Sequence[str]) -> bool:
        """Whether a conversation of messages of these roles is one of them."""
        return (
            set(roles) <= set(self.roles)
            and (self.system_anywhere or SYSTEM not in roles[1:])
            and (self.ends_with_assistant or roles[-1] != ASSISTANT)
        )


class Rendered(NamedTuple):
    """A probe: the roles of its messages and whether the answer's beginning is added; the text, None where refused."""

    sequence: tuple[tuple[str, ...], bool]
    text: str | None


class Gaps:
    """The texts around messages, by the roles of their neighbours. rules: which conversations they are for."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.begin: dict[str, str] = {}
        self.between: dict[str, dict[str, str]] = {}
        self.generate: dict[str, str] = {}

    def add(self, roles: Sequence[str], gaps: Sequence[str]) -> bool:
        """Take the texts of one conversation; return False where others have shown other texts at such a place."""
        places = [(self.begin, roles[0])]
        places += [(self.between.setdefault(role, {}), after) for role, after in pairwise(roles)]
        places.append((self.generate, roles[-1]))
        return all(place.setdefault(role, gap) == gap for (place, role), gap in zip(places, gaps, strict=True))

    def accept(self, roles: Sequence[str]) -> bool:
        """Whether a conversation of messages of these roles could be written."""
        pairs = pairwise(roles)
        known = all(after in self.between.get(role, {}) for role, after in pairs)
        return roles[0] in self.begin and known and roles[-1] in self.generate

    def write(self, split: Split) -> dict[str, Any]:
        """Return the format, with nothing known yet of what happens to the messages' own texts."""
        return {
            "begin": {role: split(text) for role, text in self.begin.items()},
            "between": {
                role: {after: split(text) for after, text in following.items()}
                for role, following in self.between.items()
                if following
            },
            "generate": {role: split(text) for role, text in self.generate.items()},
            "trim": {},
            "cut": {},
            "system": self.rules.system,
            "empty": True,
        }

    def stop(self, split: Split, eos: str) -> list[str]:
        """Return the control tokens that end an answer: the first one behind it in a conversation, and `eos`."""
        found = {eos} - {""}
        for text in self.between.get(ASSISTANT, {}).values():
            controls = [part["token"] for part in split(text) if isinstance(part, dict)]
            found.update(controls[:1])
        return sorted(found)


def candidate_rules() -> Iterator[Rules]:
    """Yield rules, those that allow the most first."""
    for roles, system, anywhere, ends in product(_ROLE_SETS, (FIRST, LAST_USER), (True, False), (True, False)):
        if system == FIRST or not anywhere:
            yield Rules(roles, anywhere, ends, system)


def probe_sequences() -> list[tuple[list[tuple[str, str]], bool]]:
    """Return the conversations that are rendered: messages whose texts are markers, and whether an answer begins."""
    found = []
    for length in range(1, LONGEST_PROBE + 1):
        for roles in product(_ROLE_SETS[0], repeat=length):
            if not _tools_follow(roles):
                continue
            messages = [(role, f"\ue000{index}\ue001") for index, role in enumerate(roles)]
            found.append((messages, True))
            if roles[-1] == ASSISTANT:
                found.append((messages, False))
    return found


def derive(probes: Sequence[Rendered], rules: Rules) -> Gaps | None:
    """Find the texts around messages.

    Args:
        probes: The rendered conversations of `probe_sequences`.
        rules: Which of them the format is for.

    Returns:
        The texts; None where they depend on more than the roles of two neighbours, or where the template refuses
        conversations that these texts would allow.
    """
    texts = {probe.sequence: probe.text for probe in probes}
    gaps = Gaps(rules)
    refused = []
    for (roles, generate), text in texts.items():
        if not (generate and rules.include(roles)):
            continue
        order, found = _read(roles, text, rules.system)
        if not found:
            refused.append(order)
        elif not gaps.add(order, found):
            return None
        elif roles[-1] == ASSISTANT and texts.get((roles, False)) == text:
            return None  # nothing makes the model begin another answer
    if USER not in gaps.begin or USER not in gaps.generate or any(map(gaps.accept, refused)):
        return None
    return gaps


def _tools_follow(roles: Sequence[str]) -> bool:
    """Whether each result of a tool follows a call or another result."""
    pairs = pairwise(("", *roles))
    return all(before in (ASSISTANT, TOOL) for before, role in pairs if role == TOOL)


def _read(roles: Sequence[str], text: str | None, system: str) -> tuple[list[str], list[str]]:
    """Return the roles in the order of the text, and the texts around them; none where a marker is not where it is due.

    A format that moves the system message is written in the order of its text.
    """
    order = list(range(len(roles)))
    if system == LAST_USER and roles[0] == SYSTEM and USER in roles:
        last = len(roles) - 1 - list(reversed(roles)).index(USER)
        order = [*order[1:last], 0, *order[last:]]
    written = [roles[index] for index in order]
    if text is None or [int(index) for index in _MARKER.findall(text)] != order:
        return written, []
    return written, _MARKER.sub("\ue000", text).split("\ue000")
