"""Compiles the model of a tokenizer.json that merges pairs of symbols."""

from functools import cache
from typing import Any, Final

from pilotlight.language.tokenization.errors import refusal, unsupported
from pilotlight.language.tokenization.tables import CompiledModel, Vocabulary, pack_numbers
from pilotlight_runtime.text.tokenization.byte_level import NO_TOKEN
from pilotlight_runtime.text.tokenization.byte_pairs import SHIFT, merge_pairs
from pilotlight_runtime.text.tokenization.merge_table import make_slots
from pilotlight_runtime.text.tokenization.vocabulary import byte_alphabet

_WHERE: Final = "model"
_PRINTED: Final = range(0x20, 0x7F)


def compile_byte_level(model: dict[str, Any], vocabulary: Vocabulary) -> CompiledModel:
    """Compiles byte-pair encoding over bytes.

    Args:
        model: The section of tokenizer.json.
        vocabulary: Its tokens.

    Returns:
        The model for the runtime.

    Raises:
        ConversionError: The vocabulary or the merges do not fit.
    """
    symbols = _read_symbols(model, vocabulary)
    pairs, results = read_rules(model, vocabulary)
    tokens = [byte_token(token) for token in vocabulary.tokens]
    if model.get("ignore_merges"):
        words = {at for at, token in enumerate(vocabulary.tokens) if set(token) <= set(byte_alphabet())}
    else:
        words = _find_words(tokens, symbols, dict(zip(pairs, results, strict=True)))
    return CompiledModel(
        {
            "kind": "byte level",
            "unknown": vocabulary.ids.get(model.get("unk_token") or ""),
            "whole": bool(model.get("ignore_merges")),
        },
        {
            "bytes": pack_numbers("I", symbols),
            "words": pack_numbers("I", sorted(words)),
            **pack_merges(pairs, results),
        },
    )


def _read_symbols(model: dict[str, Any], vocabulary: Vocabulary) -> list[int]:
    """Reads the id of each byte; a byte without a token has the unknown token's, or none."""
    symbols = [vocabulary.ids.get(character, NO_TOKEN) for character in byte_alphabet()]
    missing = [byte for byte in _PRINTED if symbols[byte] == NO_TOKEN]
    if missing:
        raise refusal(
            _WHERE, f"its vocabulary has no token for {len(missing)} bytes of ASCII, such as {chr(missing[0])!r}"
        )
    unknown = model.get("unk_token")
    if NO_TOKEN not in symbols:
        return symbols
    if model.get("byte_fallback") or (unknown and model.get("fuse_unk")):
        raise unsupported(_WHERE, "byte fallback or fused unknown tokens of a byte-level BPE that lacks bytes")
    if unknown and unknown not in vocabulary.ids:
        raise refusal(_WHERE, f"its unknown token {unknown!r} is not in its vocabulary")
    other = vocabulary.ids[unknown] if unknown else NO_TOKEN
    return [other if symbol == NO_TOKEN else symbol for symbol in symbols]


def _find_words(tokens: list[bytes], symbols: list[int], merges: dict[int, int]) -> set[int]:
    """Finds the tokens that their own bytes are merged to: a word like one is that token, without merging it."""
    return {
        at
        for at, token in enumerate(tokens)
        if token and merge_pairs([symbols[byte] for byte in token if symbols[byte] != NO_TOKEN], merges) == [at]
    }


def read_rules(model: dict[str, Any], vocabulary: Vocabulary) -> tuple[list[int], list[int]]:
    """Reads the merges.

    Args:
        model: The section of tokenizer.json.
        vocabulary: Its tokens.

    Returns:
        By rank: pairs of ids, and what they become; see pilotlight_runtime.text.tokenization.byte_pairs.

    Raises:
        ConversionError: A merge names a token that the vocabulary does not have, or comes twice.
    """
    prefix = len(model.get("continuing_subword_prefix") or "")
    rules: dict[int, int] = {}
    written = [merge for merge in model.get("merges") or () if not str(merge).startswith("#version")]
    for rank, merge in enumerate(written):
        parts = merge.split(" ") if isinstance(merge, str) else merge
        if len(parts) != 2:
            raise refusal(_WHERE, f"its merge {rank + 1}, {merge!r}, is no pair of tokens")
        left, right = parts
        names = (left, right, left + right[prefix:])
        unknown = [name for name in names if name not in vocabulary.ids]
        if unknown:
            raise refusal(
                _WHERE, f"its merge {rank + 1}, {merge!r}, needs the token {unknown[0]!r}, which it does not have"
            )
        first, second, result = (vocabulary.ids[name] for name in names)
        pair = first << SHIFT | second
        if pair in rules:
            raise refusal(_WHERE, f"its merge {rank + 1}, {merge!r}, comes twice")
        rules[pair] = rank << SHIFT | result
    return list(rules), list(rules.values())


def pack_merges(pairs: list[int], results: list[int]) -> dict[str, bytes]:
    """Writes merges as the runtime reads them.

    Args:
        pairs: By rank, see read_rules.
        results: By rank.

    Returns:
        The sections.
    """
    slots = pack_numbers("I", make_slots(pairs))
    return {"pairs": pack_numbers("Q", pairs), "results": pack_numbers("Q", results), "slots": slots}


def byte_token(token: str) -> bytes:
    """Gives the bytes of a token.

    Args:
        token: Its name; one with a character that stands for no byte is its own text.

    Returns:
        The bytes.
    """
    if writes_bytes(token):
        return bytes(_alphabet()[character] for character in token)
    return token.encode()


def writes_bytes(token: str) -> bool:
    """Whether each character of a token's name stands for a byte."""
    return all(character in _alphabet() for character in token)


@cache
def _alphabet() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(byte_alphabet())}
