"""Compiles a tokenizer.json, the format of Hugging Face's `tokenizers`, into the asset that the runtime opens.

Everything that the file says is compiled or refused by name. Left to others: `padding`, which belongs to whoever makes
a batch, and the stride of `truncation`, since nobody asks for what is cut off.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pilotlight.language.tokenization.added import Added, compile_added
from pilotlight.language.tokenization.bpe import byte_token, writes_bytes
from pilotlight.language.tokenization.character_ranges import read_classes
from pilotlight.language.tokenization.decoding import compile_decoder
from pilotlight.language.tokenization.errors import check_keys, refusal, unsupported
from pilotlight.language.tokenization.framing import compile_framing
from pilotlight.language.tokenization.models import compile_model, read_model_vocabulary
from pilotlight.language.tokenization.normalizers import compile_normalizers
from pilotlight.language.tokenization.splits import compile_splits
from pilotlight.language.tokenization.tables import Sections, Vocabulary, character_table
from pilotlight_runtime.text.tokenization.tokenizer_asset import join_texts, pack, unpack
from pilotlight_runtime.text.tokenization.tokenizer_parts import read_rewriter

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
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, ValueError) as error:
        raise refusal(
            "as a whole", f"it has not the layout of a tokenizer ({type(error).__name__}: {error})"
        ) from error


def _compile(document: Mapping[str, Any]) -> bytes:
    sections = Sections()
    normalizers = compile_normalizers(document.get("normalizer"), sections)
    splits = compile_splits(document.get("pre_tokenizer"), sections)
    vocabulary = read_model_vocabulary(document["model"])
    model = compile_model(document["model"], vocabulary, by_bytes=splits.by_bytes)
    added = compile_added(document.get("added_tokens"), vocabulary, _normalizer(normalizers, sections))
    decoder = compile_decoder(document.get("decoder"))
    if splits.by_bytes and not decoder["bytes"]:
        raise unsupported("decoder", "another one than ByteLevel behind the pre-tokenizer ByteLevel")
    tokens, names = _list_tokens(vocabulary, added, by_bytes=decoder["bytes"])
    renamed = [] if splits.by_bytes else _renamed(tokens, vocabulary)
    header = {
        "model": {**model.header, "size": len(vocabulary.tokens), "renamed": renamed},
        "normalizers": normalizers,
        "steps": splits.steps,
        "asks_origin": bool(normalizers) and any(step.get("scheme") == "first" for step in splits.steps),
        "added": added.plain,
        "normalized": added.normalized,
        "specials": added.specials,
        "names": names,
        "decoder": decoder,
        "framing": compile_framing(document, len(tokens)),
    }
    if any(token.single_word for token in (*added.plain, *added.normalized)):
        words = character_table({1: read_classes()["cut word"]}, other=0)
        header["word_table"] = sections.add_table(*words)
    return pack(header, {"tokens": join_texts(tokens), **model.sections, **sections.content})


def _normalizer(steps: list[dict[str, Any]], sections: Sections) -> Callable[[str], str]:
    """Gives the function that the runtime makes of the normalizers."""
    asset = unpack(pack({}, sections.content), "the normalizers")
    rewriters = [read_rewriter(step, asset) for step in steps]

    def normalize(text: str) -> str:
        for rewriter in rewriters:
            text = rewriter.apply(text, first=True)
        return text

    return normalize


def _renamed(tokens: list[bytes], vocabulary: Vocabulary) -> list[tuple[str, int]]:
    """Lists the tokens of the model that add another text than their name, and added ones among their ids."""
    own = enumerate(vocabulary.tokens)
    return [(name, at) for at, name in own if tokens[at] != name.encode()]


def _list_tokens(vocabulary: Vocabulary, added: Added, *, by_bytes: bool) -> tuple[list[bytes], dict[str, int]]:
    """Lists what each token adds to a text, and the ids of those whose name is another one."""
    texts = dict(enumerate(vocabulary.tokens)) | added.texts
    names = dict(added.names)
    tokens = []
    for identity in range(max(texts) + 1):
        text = texts.get(identity, "")
        token = byte_token(text) if by_bytes else text.encode()
        if by_bytes and not writes_bytes(text):
            names.setdefault(text, identity)
        tokens.append(token)
    return tokens, names
