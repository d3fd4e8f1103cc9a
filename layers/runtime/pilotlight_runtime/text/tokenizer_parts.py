"""Makes the parts of a tokenizer from its asset."""

from __future__ import annotations

from pilotlight_runtime.errors import ManifestError
from pilotlight_runtime.light_typing import Any, Mapping
from pilotlight_runtime.paths import StrPath
from pilotlight_runtime.text.added_tokens import AddedToken, AddedTokens
from pilotlight_runtime.text.byte_level import ByteLevel
from pilotlight_runtime.text.character_classes import read_table
from pilotlight_runtime.text.decoders import Decoder
from pilotlight_runtime.text.encoder import Cutter, Encoder, Model, Rewriter
from pilotlight_runtime.text.framing import Framing
from pilotlight_runtime.text.splitting import FixedLengths, Splitter
from pilotlight_runtime.text.tokenizer_asset import TokenizerAsset, read_tokenizer_asset
from pilotlight_runtime.text.vocabulary import TokenVocabulary

Parts = tuple[TokenVocabulary, Encoder, Decoder, Framing]


def read_tokenizer(path: StrPath) -> Parts:
    """Reads a compiled tokenizer; see open_tokenizer."""
    asset = read_tokenizer_asset(path)
    header = asset.header
    tokens = asset.texts("tokens")
    specials = frozenset(header["specials"])
    vocabulary = TokenVocabulary(tokens, header["names"], specials, by_bytes=header["decoder"]["bytes"])
    words: Mapping[int, int | None] = read_table(asset, header["word_table"]) if "word_table" in header else {}
    encoder = Encoder(
        AddedTokens([AddedToken(*token) for token in header["added"]], words),
        [_read_rewriter(step, asset) for step in header["normalizers"]],
        AddedTokens([AddedToken(*token) for token in header["normalized"]], words),
        [_read_step(step, asset) for step in header["steps"]],
        _read_model(header["model"], asset, tokens),
    )
    return vocabulary, encoder, Decoder(header["decoder"], tokens, specials), Framing(header["framing"])


def _read_model(header: Mapping[str, Any], asset: TokenizerAsset, tokens: list[bytes]) -> Model:
    if header["kind"] == "byte level":
        return ByteLevel(asset, tokens)
    raise ManifestError(f"the tokenizer's model is {header['kind']!r}, which this runtime does not know")


def _read_step(step: Mapping[str, Any], asset: TokenizerAsset) -> tuple[Rewriter | None, Cutter | None]:
    if step["kind"] == "pattern":
        return None, Splitter(step, asset)
    if step["kind"] == "lengths":
        return None, FixedLengths(step["length"])
    return _read_rewriter(step, asset), None


def _read_rewriter(step: Mapping[str, Any], asset: TokenizerAsset) -> Rewriter:
    raise ManifestError(f"a step of the tokenizer is {step['kind']!r}, which this runtime does not know")
