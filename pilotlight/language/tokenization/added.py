"""Compiles the added tokens of a tokenizer.json."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from pilotlight.language.tokenization.errors import check_keys, refusal
from pilotlight.language.tokenization.tables import Vocabulary
from pilotlight_runtime.text.tokenization.added_tokens import AddedToken

_WHERE: Final = "added_tokens"


class Added(NamedTuple):
    """The compiled added tokens.

    Attributes:
        plain: Those that are found in the text as it is.
        normalized: Those that are found in the normalised text.
        names: All ids by their names.
        texts: All texts, as they are decoded, by their ids.
        specials: The ids of special ones.
    """

    plain: list[AddedToken]
    normalized: list[AddedToken]
    names: dict[str, int]
    texts: dict[int, str]
    specials: list[int]


def compile_added(
    tokens: Iterable[dict[str, Any]] | None, vocabulary: Vocabulary, normalize: Callable[[str], str]
) -> Added:
    """Compiles the added tokens.

    Args:
        tokens: The section of tokenizer.json.
        vocabulary: The tokens of the model.
        normalize: The tokenizer's normalizers.

    Returns:
        The tokens.

    Raises:
        ConversionError: An id is not the one that `tokenizers` would give the token.
    """
    added = Added([], [], {}, {}, [])
    free = len(vocabulary.ids)
    for token in tokens or ():
        check_keys(_WHERE, token, "id content single_word lstrip rstrip normalized special")
        name, identity = token["content"], token["id"]
        expected = vocabulary.ids.get(name, added.names.get(name, free))
        if not name or identity != expected:
            raise refusal(_WHERE, f"{name!r} has the id {identity!r}, but its place is {expected}")
        if identity >= free:
            free = identity + 1
        if name in added.names:
            raise refusal(_WHERE, f"{name!r} comes twice")
        _add(added, token, normalize)
    return added


def _add(added: Added, token: dict[str, Any], normalize: Callable[[str], str]) -> None:
    name, identity, special = token["content"], token["id"], bool(token.get("special"))
    normalized = bool(token.get("normalized", not special))
    text = normalize(name) if normalized else name
    flags = (special, *(bool(token.get(flag)) for flag in ("single_word", "lstrip", "rstrip")))
    added.names[name] = identity
    added.texts[identity] = text
    if special:
        added.specials.append(identity)
    if text:
        (added.normalized if normalized else added.plain).append(AddedToken(text, identity, *flags))
