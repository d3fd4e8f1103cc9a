"""Compiles the model of a tokenizer.json: what makes tokens of a part of a text."""

from collections.abc import Callable
from typing import Any, Final

from pilotlight.language.tokenization.bpe import compile_byte_level, pack_merges, read_rules
from pilotlight.language.tokenization.errors import check_keys, refusal, unsupported
from pilotlight.language.tokenization.tables import CompiledModel, Vocabulary, pack_numbers, read_vocabulary

_WHERE: Final = "model"
_BPE_KEYS: Final = (
    "dropout unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges vocab merges"
)


def read_model_vocabulary(model: dict[str, Any]) -> Vocabulary:
    """Reads the tokens of a model.

    Args:
        model: The section of tokenizer.json.

    Returns:
        The vocabulary.

    Raises:
        ConversionError: It does not fit, see read_vocabulary.
    """
    if _kind_of(model) != "Unigram":
        return read_vocabulary(model["vocab"])
    return read_vocabulary((token, place) for place, (token, _) in enumerate(model["vocab"]))


def compile_model(model: dict[str, Any], vocabulary: Vocabulary, *, by_bytes: bool) -> CompiledModel:
    """Compiles a model.

    Args:
        model: The section of tokenizer.json.
        vocabulary: Its tokens.
        by_bytes: Whether it sees the bytes of words.

    Returns:
        The model for the runtime.

    Raises:
        ConversionError: The runtime has no such model, or the vocabulary does not fit.
    """
    kind = _kind_of(model)
    make = _MAKERS.get(kind)
    if make is None:
        raise unsupported(_WHERE, kind)
    if by_bytes and kind != "BPE":
        raise unsupported(_WHERE, f"{kind} behind the pre-tokenizer ByteLevel")
    return _compile_bpe(model, vocabulary, by_bytes=by_bytes) if kind == "BPE" else make(model, vocabulary)


def _kind_of(model: dict[str, Any]) -> str:
    """The model's name; the oldest files have none."""
    if "type" in model:
        return str(model["type"])
    if isinstance(model["vocab"], list):
        return "Unigram"
    return "BPE" if "merges" in model else "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _compile_bpe(model: dict[str, Any], vocabulary: Vocabulary, *, by_bytes: bool) -> CompiledModel:
    check_keys(_WHERE, model, _BPE_KEYS)
    if model.get("dropout"):
        raise unsupported(_WHERE, "dropout, which makes other tokens each time,")
    prefix, suffix = model.get("continuing_subword_prefix") or "", model.get("end_of_word_suffix") or ""
    if by_bytes:
        if prefix or suffix:
            raise unsupported(_WHERE, "a prefix or a suffix of a byte-level BPE")
        return compile_byte_level(model, vocabulary)
    if model.get("byte_fallback") and (prefix or suffix):
        raise unsupported(_WHERE, "byte fallback with a prefix or a suffix")
    pairs, results = read_rules(model, vocabulary)
    header = {
        "kind": "characters",
        "prefix": prefix,
        "suffix": suffix,
        "unknown": _unknown(model.get("unk_token"), vocabulary, needed=False),
        "fuse": bool(model.get("fuse_unk")),
        "whole": bool(model.get("ignore_merges")),
    }
    return CompiledModel(header, {"bytes": _byte_tokens(model, vocabulary), **pack_merges(pairs, results)})


def _word_pieces(model: dict[str, Any], vocabulary: Vocabulary) -> CompiledModel:
    check_keys(_WHERE, model, "unk_token continuing_subword_prefix max_input_chars_per_word vocab")
    header = {
        "kind": "word pieces",
        "prefix": model.get("continuing_subword_prefix", "##"),
        "unknown": _unknown(model.get("unk_token", "[UNK]"), vocabulary, needed=True),
        "most": model.get("max_input_chars_per_word", 100),
        "longest": max(len(token.encode()) for token in vocabulary.tokens),
    }
    return CompiledModel(header, {})


def _whole_words(model: dict[str, Any], vocabulary: Vocabulary) -> CompiledModel:
    check_keys(_WHERE, model, "unk_token vocab")
    unknown = _unknown(model.get("unk_token", "<unk>"), vocabulary, needed=True)
    return CompiledModel({"kind": "whole words", "unknown": unknown}, {})


def _unigram(model: dict[str, Any], vocabulary: Vocabulary) -> CompiledModel:
    check_keys(_WHERE, model, "unk_id vocab byte_fallback")
    unknown = model.get("unk_id")
    if not isinstance(unknown, int) or not 0 <= unknown < len(vocabulary.tokens):
        raise refusal(_WHERE, f"its unknown token has the id {unknown!r}, which no token has")
    scores = [float(score) for _, score in model["vocab"]]
    longest: dict[str, int] = {}
    for token in vocabulary.ids:
        longest[token[:1]] = max(len(token), longest.get(token[:1], 0))
    sections = {
        "scores": pack_numbers("d", scores),
        "bytes": _byte_tokens(model, vocabulary),
        "firsts": "".join(longest).encode(),
        "longest": pack_numbers("I", longest.values()),
    }
    return CompiledModel({"kind": "unigram", "unknown": unknown, "worst": min(scores)}, sections)


def _unknown(token: str | None, vocabulary: Vocabulary, *, needed: bool) -> int | None:
    """The id of the unknown token."""
    if token is None and not needed:
        return None
    if token is None or token not in vocabulary.ids:
        raise refusal(_WHERE, f"its unknown token {token!r} is not in its vocabulary")
    return vocabulary.ids[token]


def _byte_tokens(model: dict[str, Any], vocabulary: Vocabulary) -> bytes:
    """The ids of the tokens of bytes, where unknown characters become those."""
    if not model.get("byte_fallback"):
        return b""
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    missing = [name for name in names if name not in vocabulary.ids]
    if missing:
        raise refusal(_WHERE, f"byte fallback needs 256 tokens of bytes, but {len(missing)} miss, such as {missing[0]}")
    return pack_numbers("I", [vocabulary.ids[name] for name in names])


_MAKERS: Final[dict[str, Callable[[dict[str, Any], Vocabulary], CompiledModel]]] = {
    "BPE": lambda model, vocabulary: _compile_bpe(model, vocabulary, by_bytes=False),
    "WordPiece": _word_pieces,
    "WordLevel": _whole_words,
    "Unigram": _unigram,
}
