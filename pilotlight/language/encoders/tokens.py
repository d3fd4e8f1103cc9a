"""The tokenizer of an encoder: its tokenizer.json, or what its vocab.txt says, and the reference that it is held to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.language.encoders.plan import EncoderPlan
from pilotlight.language.packages import import_package
from pilotlight.language.sources import LanguageSource, read_settings
from pilotlight.language.tokenization.source import TOKENIZER_JSON, read_tokenizer
from pilotlight_runtime.text.tokenization.framing import Framed

_VOCABULARY: Final = "vocab.txt"
_SETTINGS: Final = "tokenizer_config.json"
_MOST_BYTES: Final = 64 * MEBIBYTE
_SPECIALS: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True)
class EncoderTokens:
    """The tokenizer of an encoder.

    Attributes:
        document: Its tokenizer.json.
    """

    document: dict[str, Any]

    def frame(self, text: str, pair: str | None) -> Framed:
        """Make the tokens of a text, or of a pair, with the package `tokenizers`. Nothing is cut off."""
        encoding = self._reference.encode(text) if pair is None else self._reference.encode(text, pair)
        return Framed(encoding.ids, encoding.type_ids)

    def check_vocabulary(self, rows: int | None, where: str) -> None:
        """Raise ConversionError where the tokenizer has ids for which the model has no vector.

        Args:
            rows: The rows of the table of tokens; None where they are not known.
            where: The model in the error.
        """
        size = max(self._reference.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        if rows is not None and size > rows:
            what = f"has a tokenizer of {size:,} tokens, which does not fit its table of {rows:,}"
            raise ConversionError(where, what, "Use the tokenizer.json that belongs to these weights.")

    @cached_property
    def _reference(self) -> Any:
        tokenizers = import_package("tokenizers")
        try:
            made = tokenizers.Tokenizer.from_str(json.dumps(self.document))
        except Exception as error:  # the package raises Exception itself
            what = f"is not read by the package tokenizers ({error})"
            raise ConversionError(TOKENIZER_JSON, what, "Download the model again.") from error
        made.no_padding()
        made.no_truncation()
        return made


def read_encoder_tokens(source: LanguageSource, plan: EncoderPlan) -> EncoderTokens:
    """Read the tokenizer of an encoder.

    Args:
        source: The folder.
        plan: How the encoder is served.

    Raises:
        ConversionError: There is no tokenizer that Pilotlight reads.
    """
    folder = source.path
    if not (folder / TOKENIZER_JSON).is_file() and (folder / _VOCABULARY).is_file():
        document = _read_vocabulary(folder)
    else:
        document = read_tokenizer(source).document
    if plan.lower:  # sentence-transformers makes the text lower case before anything else
        first = {"type": "Lowercase"}
        own = document.get("normalizer")
        document = {**document, "normalizer": {"type": "Sequence", "normalizers": [first, own]} if own else first}
    return EncoderTokens(document)


def _read_vocabulary(folder: Path) -> dict[str, Any]:
    """Return the tokenizer.json of a BERT model that has only vocab.txt, as transformers converts it.

    Source: BertConverter in transformers' convert_slow_tokenizer.py.
    """
    path = folder / _VOCABULARY
    origin = Origin(str(path), "Download the model again.", ConversionError)
    try:
        lines = read_file(path, origin, _MOST_BYTES).decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise origin.refuse(f"is not UTF-8 at byte {error.start}") from error
    ids = {token.rstrip("\r"): number for number, token in enumerate(lines)}
    missing = [token for token in _SPECIALS[1:4] if token not in ids]
    if missing:
        raise origin.refuse(f"has no {missing[0]}, so it is no vocabulary of WordPiece")
    settings = read_settings(folder / _SETTINGS) or {}
    lower = settings.get("do_lower_case", True) is not False
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, ids[token]) for token in _SPECIALS if token in ids],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": settings.get("tokenize_chinese_chars", True) is not False,
            "strip_accents": settings.get("strip_accents"),
            "lowercase": lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": _frame_bert(ids),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": ids,
        },
    }


def _added(token: str, number: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": token, **flags, "special": True}


def _frame_bert(ids: dict[str, int]) -> dict[str, Any]:
    def special(token: str, kind: int) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": kind}}

    def text(name: str, kind: int) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": kind}}

    single = [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, text("B", 1), special("[SEP]", 1)],
        "special_tokens": {
            token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")
        },
    }
