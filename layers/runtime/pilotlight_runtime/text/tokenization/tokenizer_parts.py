"""Makes the parts of a tokenizer from its asset."""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Any, Callable, Final, Mapping
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.text.tokenization.added_tokens import AddedToken, AddedTokens
from pilotlight_runtime.text.tokenization.character_classes import read_table
from pilotlight_runtime.text.tokenization.decoders import Decoder
from pilotlight_runtime.text.tokenization.encoder import Encoder, EncoderSteps
from pilotlight_runtime.text.tokenization.framing import Framing
from pilotlight_runtime.text.tokenization.splitting import FixedLengths, Splitter
from pilotlight_runtime.text.tokenization.steps import Model, Rewriter, Step
from pilotlight_runtime.text.tokenization.tokenizer_asset import Texts, TokenizerAsset, read_tokenizer_asset
from pilotlight_runtime.text.tokenization.vocabulary import TokenVocabulary

Parts = tuple[TokenVocabulary, Encoder, Decoder, Framing]


def read_tokenizer(path: StrPath) -> Parts:
    """Reads a compiled tokenizer; see open_tokenizer."""
    asset = read_tokenizer_asset(path)
    try:
        return make_parts(asset)
    except (LookupError, TypeError, ValueError) as error:
        raise ManifestError(
            f"{path} has not the parts of a compiled tokenizer of this runtime ({error!r}); import the model again"
        ) from error


def make_parts(asset: TokenizerAsset) -> Parts:
    """Makes the parts of a tokenizer.

    Args:
        asset: What its file says.

    Returns:
        The vocabulary, the encoder, the decoder and the framing.

    Raises:
        ManifestError: This runtime does not know a step.
    """
    header = asset.header
    tokens = asset.texts("tokens")
    specials = frozenset(header["specials"])
    vocabulary = TokenVocabulary(tokens, header["names"], specials, by_bytes=header["decoder"]["bytes"])
    words: Mapping[int, int | None] = read_table(asset, header["word_table"]) if "word_table" in header else {}
    steps = EncoderSteps(
        AddedTokens([AddedToken(*token) for token in header["added"]], words),
        [read_rewriter(step, asset) for step in header["normalizers"]],
        AddedTokens([AddedToken(*token) for token in header["normalized"]], words),
        [_read_step(step, asset) for step in header["steps"]],
        _read_model(header["model"], asset, tokens),
        header["asks_origin"],
    )
    return vocabulary, Encoder(steps), Decoder(header["decoder"], tokens, specials), Framing(header["framing"])


def _read_model(header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts) -> Model:
    make = _MODELS.get(header["kind"])
    if make is None:
        raise _unknown(header["kind"])
    return make(header, asset, tokens)


def _byte_level(header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts) -> Model:
    from pilotlight_runtime.text.tokenization.byte_level import ByteLevel

    return ByteLevel(header, asset, tokens)


def _character_pairs(header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts) -> Model:
    from pilotlight_runtime.text.tokenization.character_pairs import CharacterPairs

    return CharacterPairs(header, asset, tokens, _model_ids(header, tokens))


def _unigram(header: Mapping[str, Any], asset: TokenizerAsset, tokens: Texts) -> Model:
    from pilotlight_runtime.text.tokenization.unigram import Unigram

    return Unigram(header, asset, {token.decode(): at for token, at in _model_ids(header, tokens).items()})


def _word_pieces(header: Mapping[str, Any], _asset: TokenizerAsset, tokens: Texts) -> Model:
    from pilotlight_runtime.text.tokenization.word_pieces import WordPieces

    return WordPieces(header, _model_ids(header, tokens))


def _whole_words(header: Mapping[str, Any], _asset: TokenizerAsset, tokens: Texts) -> Model:
    from pilotlight_runtime.text.tokenization.whole_words import WholeWords

    return WholeWords(header, _model_ids(header, tokens))


def _model_ids(header: Mapping[str, Any], tokens: Texts) -> dict[bytes, int]:
    """The ids of the model's own tokens by their names."""
    own = list(tokens.all()[: header["size"]])
    for _, at in header["renamed"]:
        own[at] = b""
    ids = dict(zip(own, range(len(own)), strict=True))
    ids.pop(b"", None)
    ids.update((name.encode(), at) for name, at in header["renamed"] if name)
    return ids


def _read_step(step: Mapping[str, Any], asset: TokenizerAsset) -> Step:
    if step["kind"] == "pattern":
        return None, Splitter(step, asset)
    if step["kind"] == "lengths":
        return None, FixedLengths(step["length"])
    return read_rewriter(step, asset), None


def read_rewriter(step: Mapping[str, Any], asset: TokenizerAsset) -> Rewriter:
    """Makes a step that changes a text.

    Args:
        step: Its values.
        asset: Its tables.

    Returns:
        The step.

    Raises:
        ManifestError: This runtime has no such step.
    """
    from pilotlight_runtime.text.tokenization.rewriters import REWRITERS

    make = REWRITERS.get(step["kind"])
    if make is None:
        raise _unknown(step["kind"])
    return make(step, asset)


def _unknown(kind: object) -> ManifestError:
    return ManifestError(f"the tokenizer has a step {kind!r} that this runtime does not know; deploy a newer layer")


_MODELS: Final[Mapping[str, Callable[[Mapping[str, Any], TokenizerAsset, Texts], Model]]] = {
    "byte level": _byte_level,
    "characters": _character_pairs,
    "unigram": _unigram,
    "word pieces": _word_pieces,
    "whole words": _whole_words,
}
