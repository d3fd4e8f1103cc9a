"""The tokenizer, chat template and special tokens of a language model, from its own files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pilotlight.core.documents import Limits, read_object
from pilotlight.core.errors import ConversionError
from pilotlight.core.outside import MEBIBYTE, Origin, read_file
from pilotlight.language.sources import GGUF, LanguageSource, read_settings
from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer

TOKENIZER_JSON: Final = "tokenizer.json"
_CONFIG: Final = "tokenizer_config.json"
_TEMPLATE: Final = "chat_template.jinja"
_GGUF_TEMPLATE: Final = "tokenizer.chat_template"
_LIMITS: Final = Limits(bytes=256 * MEBIBYTE, parts=4_000_000)
"""A vocabulary of 256,000 tokens with its merges has 35 MB and a million lists."""


@dataclass(frozen=True)
class TokenizerSource:
    """What a model's files say about its texts.

    Attributes:
        document: Its tokenizer.json, or what one would say.
        template: Its chat template; "" where it has none.
        bos: The token that begins a text; "" where there is none.
        eos: The token that ends one.
    """

    document: dict[str, Any]
    template: str
    bos: str
    eos: str

    @property
    def specials(self) -> tuple[str, ...]:
        """The texts of all added tokens."""
        return tuple(self._added.values())

    def texts_of(self, ids: Iterable[int]) -> list[str]:
        """Return the texts of added tokens. Other tokens are left out."""
        return [self._added[number] for number in ids if number in self._added]

    @cached_property
    def _added(self) -> dict[int, str]:
        added = self.document.get("added_tokens") or []
        return {entry["id"]: entry["content"] for entry in added if isinstance(entry, dict) and "content" in entry}


def read_tokenizer(source: LanguageSource) -> TokenizerSource:
    """Read the tokenizer of a language model.

    Args:
        source: Where the model is.

    Raises:
        ConversionError: There is no tokenizer that Pilotlight reads.
    """
    return _read_gguf(source) if source.format == GGUF else _read_folder(source.path)


def _read_gguf(source: LanguageSource) -> TokenizerSource:
    metadata = source.config
    document = read_gguf_tokenizer(metadata)
    template = metadata.get(_GGUF_TEMPLATE)
    bos, eos = (_token_of(metadata, f"tokenizer.ggml.{name}_token_id") for name in ("bos", "eos"))
    return TokenizerSource(document, template if isinstance(template, str) else "", bos, eos)


def _token_of(metadata: Mapping[str, Any], key: str) -> str:
    """Return the text of a token that the metadata name by its id; "" where they name none."""
    number, tokens = metadata.get(key), metadata.get("tokenizer.ggml.tokens") or []
    return tokens[number] if isinstance(number, int) and number < len(tokens) else ""


def _read_folder(folder: Path) -> TokenizerSource:
    path = folder / TOKENIZER_JSON
    if not path.is_file():
        hint = "Save the tokenizer of transformers with save_pretrained, which writes it for fast tokenizers."
        raise ConversionError(str(folder), f"has no {TOKENIZER_JSON}", hint)
    origin = Origin(str(path), "Download the model again.", ConversionError)
    document = read_object(read_file(path, origin, _LIMITS.bytes), origin, _LIMITS)
    config = read_settings(folder / _CONFIG) or {}
    return TokenizerSource(document, _find_template(folder, config), _text(config, "bos"), _text(config, "eos"))


def _find_template(folder: Path, config: Mapping[str, Any]) -> str:
    """Return the chat template. Newer folders have it in a file of its own, older ones in tokenizer_config.json."""
    path = folder / _TEMPLATE
    if path.is_file():
        origin = Origin(str(path), "Download the model again.", ConversionError)
        try:
            return read_file(path, origin, MEBIBYTE).decode()
        except UnicodeDecodeError as error:
            raise origin.refuse(f"is not UTF-8 at byte {error.start}") from error
    found = config.get("chat_template")
    if isinstance(found, list):  # several of them by name
        named = {each.get("name"): each.get("template") for each in found if isinstance(each, dict)}
        found = named.get("default")
    return found if isinstance(found, str) else ""


def _text(config: Mapping[str, Any], name: str) -> str:
    """Return a special token, which may be a text or an object with one."""
    found = config.get(f"{name}_token")
    if isinstance(found, dict):
        found = found.get("content")
    return found if isinstance(found, str) else ""
