"""Tokenizers as tokenizer.json writes them, small enough to read."""

from typing import Any

from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.text.tokenization.tokenizer_asset import unpack
from pilotlight_runtime.text.tokenization.tokenizer_parts import make_parts
from pilotlight_runtime.text.tokenization.vocabulary import byte_alphabet
from pilotlight_runtime.text.tokenizer import Tokenizer

ALPHABET = byte_alphabet()


def open_document(document: dict[str, Any]) -> Tokenizer:
    """Compiles and opens a tokenizer without a file."""
    return Tokenizer(*make_parts(unpack(compile_tokenizer(document), "tokenizer.bin")))


def added(identity: int, content: str, **flags: bool) -> dict[str, Any]:
    """An added token, a special one unless `flags` say otherwise."""
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": identity, "content": content, **plain, **flags}


def byte_level(**changes: Any) -> dict[str, Any]:
    """A byte-level BPE: 0 and 1 are special, then 256 bytes, then " t", " th", " the", "he", "é" and "12"."""
    merges = [["Ġ", "t"], ["Ġt", "h"], ["Ġth", "e"], ["h", "e"], ["Ã", "©"], ["1", "2"]]
    tokens = ["<|begin|>", "<|end|>", *ALPHABET, *("".join(merge) for merge in merges)]
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [added(0, "<|begin|>"), added(1, "<|end|>")],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: place for place, token in enumerate(tokens)},
            "merges": merges,
        },
    }
    return document | changes


def word_pieces(**changes: Any) -> dict[str, Any]:
    """A WordPiece tokenizer as BERT's."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##ed", "un", "##play", ".", "cafe", "中"]
    special = {name: {"id": name, "ids": [place], "tokens": [name]} for place, name in ((2, "[CLS]"), (3, "[SEP]"))}
    single = [_fixed("[CLS]", 0), {"Sequence": {"id": "A", "type_id": 0}}, _fixed("[SEP]", 0)]
    document = {
        "version": "1.0",
        "added_tokens": [added(place, name) for place, name in enumerate(tokens[:4])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": single,
            "pair": [*single, {"Sequence": {"id": "B", "type_id": 1}}, _fixed("[SEP]", 1)],
            "special_tokens": special,
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 20,
            "vocab": {token: place for place, token in enumerate(tokens)},
        },
    }
    return document | changes


def _fixed(name: str, kind: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": name, "type_id": kind}}


def sentence_pieces() -> dict[str, object]:
    """What a GGUF file says of a SentencePiece vocabulary: 3 to 258 are bytes, then "▁", letters and merged tokens."""
    pieces = ["\u2581", "a", "b", "\u2581a", "ab", "\u2581ab", "abab"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces, "<tool>"]
    kinds = [2, 3, 3, *[6] * 256, *[1] * len(pieces), 4]
    scores = [0.0] * 259 + [-7.0, -8.0, -9.0, -2.0, -1.0, -3.0, -4.0, 0.0]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": scores,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


GGUF_TOKENS = ["<|end|>", *ALPHABET, "he", "12", "<think>"]


def gguf_bytes(**changes: object) -> dict[str, object]:
    """What a GGUF file says of a byte-level vocabulary."""
    metadata = {
        "model": "gpt2",
        "pre": "smollm",
        "tokens": GGUF_TOKENS,
        "token_type": [3, *[1] * 258, 4],
        "merges": ["h e", "1 2"],
        "bos_token_id": 0,
        "eos_token_id": 0,
        "add_bos_token": False,
        **changes,
    }
    return {f"tokenizer.ggml.{name}": value for name, value in metadata.items()}
