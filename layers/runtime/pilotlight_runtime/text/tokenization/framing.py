"""Puts the tokens that begin, separate and end texts around them: the post-processors of tokenizer.json."""

from __future__ import annotations

from pilotlight_runtime.errors import InvalidRequest
from pilotlight_runtime.light_typing import Any, Mapping, NamedTuple, Sequence


class Framed(NamedTuple):
    """One text, or a pair of texts, as a model takes it.

    Attributes:
        ids: The ids of the tokens.
        types: As many numbers: which text a token belongs to (0 or 1, as the tokenizer says).
    """

    ids: list[int]
    types: list[int]


class Framing:
    """How texts are framed and truncated.

    Args:
        header: "single" and "pair": pieces [text, type, ids], where text is 0 or 1 for that text and -1 for fixed ids;
            "longest": the most tokens or null; "strategy" and "left" of truncation; "trims".

    Attributes:
        longest: The most tokens of a text or a pair, unless the caller says another number; None where any are allowed.
        trims: For each time that spaces are left out of offsets: whether a space was put in front of the text.
    """

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._single: list[tuple[int, int, list[int]]] = header["single"]
        self._pair: list[tuple[int, int, list[int]]] = header["pair"]
        self.longest: int | None = header["longest"]
        self.trims: list[bool] = header["trims"]
        self._strategy: str = header["strategy"]
        self._left: bool = header["left"]

    def frame(self, ids: Sequence[int], pair: Sequence[int] | None, longest: int | None) -> Framed:
        """Frames one text or two.

        Args:
            ids: The tokens of the text.
            pair: The tokens of the second text, or None.
            longest: The most tokens in all; None takes what tokenizer.json says.

        Returns:
            The framed tokens.

        Raises:
            InvalidRequest: The texts cannot be truncated to so few tokens.
        """
        template = self._single if pair is None else self._pair
        texts = self.truncate([ids] if pair is None else [ids, pair], longest)
        framed: list[int] = []
        types: list[int] = []
        for text, kind, fixed in template:
            part = fixed if text < 0 else texts[text]
            framed += part
            types += [kind] * len(part)
        return Framed(framed, types)

    def frame_places(self, places: Sequence[tuple[int, int]], longest: int | None) -> list[tuple[int, int]]:
        """Frames the places of one text's tokens as `frame` frames the tokens.

        Args:
            places: Begin and end of each token in its text.
            longest: As `frame` takes it.

        Returns:
            The places; (0, 0) for tokens that belong to no text.
        """
        kept = self.truncate([places], longest)[0]
        framed: list[tuple[int, int]] = []
        for text, _, fixed in self._single:
            framed += [(0, 0)] * len(fixed) if text < 0 else kept
        return framed

    def truncate(self, texts: list[Sequence[Any]], longest: int | None) -> list[Sequence[Any]]:
        """Shortens one text or two so that they are framed with at most `longest` tokens."""
        most = self.longest if longest is None else longest
        if most is None:
            return texts
        template = self._single if len(texts) == 1 else self._pair
        room = most - sum(len(fixed) for text, _, fixed in template if text < 0)
        lengths = [len(text) for text in texts]
        if room < 0:
            raise InvalidRequest(f"at most {most} tokens leave no room for a text and the tokens around it")
        if sum(lengths) <= room:
            return texts
        kept = _shorten(lengths, room, self._strategy)
        return [self._cut(text, length) for text, length in zip(texts, kept, strict=True)]

    def _cut(self, text: Sequence[Any], length: int) -> Sequence[Any]:
        return text[len(text) - length :] if self._left else text[:length]


def _shorten(lengths: list[int], room: int, strategy: str) -> list[int]:
    """How many tokens of each text are kept."""
    if len(lengths) == 1 and strategy != "OnlySecond":
        return [room]
    if strategy == "LongestFirst":
        shorter, longer = sorted(lengths)
        longer = shorter if shorter > room else max(shorter, room - shorter)
        if shorter + longer > room:
            shorter, longer = room // 2, room // 2 + room % 2
        return [shorter, longer] if lengths[0] <= lengths[1] else [longer, shorter]
    target = 0 if strategy == "OnlyFirst" else 1
    left = room - sum(lengths[:target] + lengths[target + 1 :])
    if target >= len(lengths) or left <= 0:
        raise InvalidRequest(f"the texts have {sum(lengths)} tokens, and {room} fit; shorten them")
    return [left if place == target else length for place, length in enumerate(lengths)]
