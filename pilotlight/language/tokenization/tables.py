"""The tokens of a tokenizer.json by their ids, and what compiled parts pass on."""

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pilotlight.language.tokenization.character_ranges import Ranges
from pilotlight.language.tokenization.errors import refusal
from pilotlight.language.tokenization.split_patterns import CompiledPattern
from pilotlight_runtime.text.tokenization.byte_pairs import SHIFT
from pilotlight_runtime.text.tokenization.character_classes import ITSELF
from pilotlight_runtime.text.tokenization.tokenizer_asset import join_texts

_WHERE: Final = "model"


class Vocabulary(NamedTuple):
    """The tokens of the model, without those that are only added.

    Attributes:
        tokens: Their names by their ids; "" for an id without a token.
        ids: The ids by the names.
    """

    tokens: list[str]
    ids: Mapping[str, int]


class CompiledModel(NamedTuple):
    """A model for the runtime.

    Attributes:
        header: Its values.
        sections: Its tables.
    """

    header: dict[str, Any]
    sections: dict[str, bytes]


class Sections:
    """The tables of a tokenizer while it is compiled. Equal ones are kept once.

    Attributes:
        content: Each table by its name.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def add_table(self, starts: Iterable[int], values: Iterable[int]) -> str:
        """Adds a table of characters.

        Args:
            starts: The first character of each range.
            values: The value of each range.

        Returns:
            The table's name.
        """
        return self._add(pack_numbers("I", [*starts, *values]))

    def add_texts(self, texts: Iterable[str]) -> str:
        """Adds texts.

        Args:
            texts: The texts.

        Returns:
            The table's name.
        """
        return self._add(join_texts([text.encode() for text in texts]))

    def _add(self, table: bytes) -> str:
        for name, content in self.content.items():
            if content == table:
                return name
        name = f"table {len(self.content)}"
        self.content[name] = table
        return name

    def pattern_step(
        self, compiled: CompiledPattern, behavior: str = "Isolated", *, invert: bool = False
    ) -> dict[str, Any]:
        """Makes a step that cuts at a pattern.

        Args:
            compiled: The pattern.
            behavior: What happens with its matches, as tokenizer.json names it.
            invert: Whether what lies between the matches counts as the matches.

        Returns:
            The step for the runtime.
        """
        step = {"kind": "pattern", "pattern": compiled.pattern, "behavior": behavior, "invert": invert}
        if compiled.starts:
            step["table"] = self.add_table(compiled.starts, compiled.values)
        if compiled.members:
            step["members"] = compiled.members
        return step


def read_vocabulary(tokens: Mapping[str, object] | Iterable[tuple[str, object]]) -> Vocabulary:
    """Reads the tokens of a model.

    Args:
        tokens: Names and ids.

    Returns:
        The vocabulary.

    Raises:
        ConversionError: An id is no number of the range, or two tokens have the same id or the same name.
    """
    ids: dict[str, int] = {}
    names: dict[int, str] = {}
    for name, identity in tokens.items() if isinstance(tokens, Mapping) else tokens:
        if not isinstance(identity, int) or isinstance(identity, bool) or not 0 <= identity < 1 << SHIFT:
            raise refusal(
                _WHERE, f"its token {name!r} has the id {identity!r}, which is not from 0 to {(1 << SHIFT) - 1}"
            )
        if identity in names:
            raise refusal(_WHERE, f"its tokens {names[identity]!r} and {name!r} both have the id {identity}")
        if name in ids:
            raise refusal(_WHERE, f"its token {name!r} comes twice, with the ids {ids[name]} and {identity}")
        ids[name], names[identity] = identity, name
    if not ids:
        raise refusal(_WHERE, "its vocabulary is empty")
    size = max(names) + 1
    if size > 2 * len(names) + 1024:
        raise refusal(_WHERE, f"it has {len(names)} tokens, but an id of {size - 1}")
    return Vocabulary([names.get(at, "") for at in range(size)], ids)


def character_table(values: Mapping[int, Ranges], other: int = ITSELF) -> tuple[list[int], list[int]]:
    """Makes a table of characters.

    Args:
        values: The ranges whose characters have a value, by the values; no two overlap.
        other: The value of all other characters.

    Returns:
        The first character of each range, from 0, and its value.
    """
    starts, found = [0], [other]
    for first, last, value in sorted(
        (first, last, value) for value, ranges in values.items() for first, last in ranges
    ):
        if starts[-1] == first:
            found[-1] = value
        else:
            starts.append(first)
            found.append(value)
        starts.append(last + 1)
        found.append(other)
    return starts, found


def pack_numbers(code: str, numbers: Iterable[int | float]) -> bytes:
    """Writes numbers as the runtime reads them.

    Args:
        code: Their type, as `struct` names it.
        numbers: The numbers.

    Returns:
        The bytes, little endian.
    """
    values = list(numbers)
    return struct.pack(f"<{len(values)}{code}", *values)
