"""Compiles a tokenizer.json, the format of Hugging Face's `tokenizers`, into the asset that the runtime opens.

Everything that the file says is compiled or refused by name. Left to others: `padding`, which belongs to whoever makes
a batch, and the stride of `truncation`, since nobody asks for what is cut off.
"""

from collections.abc import Mapping
from typing import Any, Final

from pilotlight.language.character_ranges import read_classes
from pilotlight.language.tokenizer_added import Added, compile_added
from pilotlight.language.tokenizer_bpe import byte_token, compile_byte_level
from pilotlight.language.tokenizer_decoding import compile_decoder
from pilotlight.language.tokenizer_errors import check_keys, refuse, refuse_kind
from pilotlight.language.tokenizer_framing import compile_framing
from pilotlight.language.tokenizer_splits import compile_splits
from pilotlight.language.tokenizer_tables import CompiledModel, Sections, Vocabulary, read_vocabulary
from pilotlight_runtime.text.character_classes import ITSELF
from pilotlight_runtime.text.tokenizer_asset import join_texts, pack

_SECTIONS: Final = "version truncation padding added_tokens normalizer pre_tokenizer post_processor decoder model"


def compile_tokenizer(document: Mapping[str, Any]) -> bytes:
    """Compiles a tokenizer.

    Args:
        document: What tokenizer.json holds.

    Returns:
        The content of the asset tokenizer.bin. The same document always gives the same bytes.

    Raises:
        ConversionError: The tokenizer has a component that is not supported, or a vocabulary that does not fit; the
            message names it.
    """
    check_keys("tokenizer.json", document, _SECTIONS)
    try:
        return _compile(document)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        refuse("tokenizer.json", f"it has not the layout of a tokenizer ({type(error).__name__}: {error})")


def _compile(document: Mapping[str, Any]) -> bytes:
    sections = Sections()
    splits = compile_splits(document.get("pre_tokenizer"), sections)
    vocabulary = read_vocabulary(document["model"]["vocab"])
    model = _compile_model(document["model"], vocabulary, by_bytes=splits.by_bytes)
    added = compile_added(document.get("added_tokens"), vocabulary, lambda text: text)
    decoder = compile_decoder(document.get("decoder"))
    if document.get("normalizer") is not None:
        refuse_kind("normalizer", document["normalizer"].get("type"))
    tokens, names = _list_tokens(vocabulary, added, by_bytes=decoder["bytes"])
    header = {
        "model": model.header,
        "normalizers": [],
        "steps": splits.steps,
        "added": added.plain,
        "normalized": added.normalized,
        "specials": added.specials,
        "names": names,
        "decoder": decoder,
        "framing": compile_framing(document, len(tokens)),
    }
    if any(token.single_word for token in (*added.plain, *added.normalized)):
        header["word_table"] = _word_table(sections)
    return pack(header, {"tokens": join_texts(tokens), **model.sections, **sections.content})


def _compile_model(model: dict[str, Any], vocabulary: Vocabulary, *, by_bytes: bool) -> CompiledModel:
    kind = model.get("type")
    if kind == "BPE" and by_bytes:
        return compile_byte_level(model, vocabulary)
    refuse_kind("model", kind)


def _list_tokens(vocabulary: Vocabulary, added: Added, *, by_bytes: bool) -> tuple[list[bytes], dict[str, int]]:
    """Lists what each token adds to a text, and the ids of those whose name is another one."""
    texts = dict(enumerate(vocabulary.tokens)) | added.texts
    names = dict(added.names)
    tokens = []
    for identity in range(max(texts) + 1):
        text = texts.get(identity, "")
        token = byte_token(text) if by_bytes else text.encode()
        if by_bytes and text and token == text.encode() and not text.isascii():
            names[text] = identity
        tokens.append(token)
    return tokens, names


def _word_table(sections: Sections) -> str:
    """Adds the table that says which characters are part of a word."""
    ranges = read_classes()["cut word"]
    starts, values = [0], [0]
    for first, last in ranges:
        starts += [first, last + 1]
        values += [ITSELF, 0]
    return sections.add_table(starts, values)


