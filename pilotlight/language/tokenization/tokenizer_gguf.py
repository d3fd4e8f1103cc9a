"""Makes a tokenizer.json of the vocabulary that a GGUF file carries.

GGUF names a pre-tokenizer (`tokenizer.ggml.pre`) rather than writing it out; the expressions are those of llama.cpp
and of the models' own tokenizer.json.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pilotlight.core.errors import ConversionError

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _UNUSED, _BYTE = range(1, 7)
_CONTRACTIONS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_TAIL: Final = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3: Final = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_TAIL}"
_QWEN2: Final = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_TAIL}"
_UPPER, _LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_GPT4O: Final = (
    rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_CONTRACTIONS}?|"
    rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_CONTRACTIONS}?|"
    rf"\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_TEKKEN: Final = (
    rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+|[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*|"
    rf"\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


class _Pre(NamedTuple):
    """What a name of `tokenizer.ggml.pre` stands for."""

    pattern: str = ""
    digits: bool = False
    composed: bool = False
    whole_words: bool = False
    begins: bool = False
    """Whether a text begins with the token for that, where the file says nothing."""


_DIGITS: Final = _Pre(digits=True)
_GPT2: Final = _Pre()
_QWEN: Final = _Pre(_QWEN2, composed=True)
_LLAMA: Final = _Pre(_LLAMA3, whole_words=True, begins=True)
_PRES: Final = {
    **dict.fromkeys(("gpt-2", "phi-2", "olmo", "jais", "trillion"), _GPT2),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell"), _DIGITS),
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3", "falcon3"), _LLAMA),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen"), _QWEN),
    "tekken": _Pre(_TEKKEN, whole_words=True, begins=True),
    **dict.fromkeys(("gpt-4o", "llama4"), _Pre(_GPT4O)),
}


def read_gguf_tokenizer(metadata: Mapping[str, object]) -> dict[str, Any]:
    """Makes a tokenizer.json of a GGUF file's metadata.

    Args:
        metadata: The file's keys and their values, as Python's own types: numbers, texts and lists.

    Returns:
        The document, which `compile_tokenizer` and the package `tokenizers` read.

    Raises:
        ConversionError: The file has no vocabulary, one of a kind that is not supported, or one whose lists differ in
            length.
    """
    reader = _Metadata(metadata)
    tokens = reader.texts("tokens")
    kinds = reader.numbers("token_type", default=[_NORMAL] * len(tokens))
    if len(kinds) != len(tokens):
        raise _refusal(f"{len(tokens)} tokens have {len(kinds)} types", "The file is damaged; get it again")
    model = reader.value("model")
    if model == "gpt2":
        parts, begins = _byte_level(reader, tokens)
    elif model == "llama":
        parts, begins = _sentence_pieces(reader, tokens, kinds)
    else:
        raise _refusal(f"its tokenizer is {model!r}", "Supported are gpt2 and llama")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added_token(place, token, special=kind != _USER_DEFINED)
            for place, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind in (_CONTROL, _USER_DEFINED) or (kind == _UNKNOWN and model == "llama")
        ],
        "post_processor": _framing(reader, tokens, begins=begins),
        **parts,
    }


class _Metadata:
    def __init__(self, metadata: Mapping[str, object]) -> None:
        self._metadata = metadata

    def value(self, name: str, default: object = None) -> Any:
        return self._metadata.get(f"tokenizer.ggml.{name}", default)

    def texts(self, name: str) -> list[str]:
        value = self.value(name)
        if not isinstance(value, Sequence) or not value or not all(isinstance(text, str) for text in value):
            raise _refusal(
                f"it has no list of texts tokenizer.ggml.{name}", "Export the model again, with its tokenizer"
            )
        return list(value)

    def numbers(self, name: str, default: list[float] | None = None) -> list[float]:
        value = self.value(name, default)
        if not isinstance(value, Sequence) or not all(isinstance(number, int | float) for number in value):
            raise _refusal(
                f"it has no list of numbers tokenizer.ggml.{name}", "Export the model again, with its tokenizer"
            )
        return list(value)


def _refusal(what: str, hint: str) -> ConversionError:
    return ConversionError("the vocabulary of the GGUF file", what, hint)


def _byte_level(reader: _Metadata, tokens: list[str]) -> tuple[dict[str, Any], bool]:
    name = reader.value("pre", "gpt-2")
    pre = _PRES.get(name)
    if pre is None:
        raise _refusal(f"its pre-tokenizer is {name!r}", f"Supported are {', '.join(sorted(_PRES))}")
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": not pre.pattern}
    steps: list[dict[str, Any]] = [byte_level]
    if pre.digits:
        steps.insert(0, {"type": "Digits", "individual_digits": True})
    if pre.pattern:
        steps.insert(0, {"type": "Split", "pattern": {"Regex": pre.pattern}, "behavior": "Isolated", "invert": False})
    model = _bpe(tokens, reader.texts("merges"), ignore_merges=pre.whole_words)
    return {
        "normalizer": {"type": "NFC"} if pre.composed else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": model,
    }, pre.begins


def _bpe(tokens: list[str], merges: list[str], **settings: object) -> dict[str, Any]:
    vocabulary = {token: place for place, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        twice = next(token for place, token in enumerate(tokens) if vocabulary[token] != place)
        raise _refusal(f"its token {twice!r} comes twice", "The file is damaged; get it again")
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": vocabulary,
        "merges": merges,
        **settings,
    }


def _sentence_pieces(reader: _Metadata, tokens: list[str], kinds: list[float]) -> tuple[dict[str, Any], bool]:
    """SentencePiece's byte-pair encoding: two tokens become one with a better score first."""
    scores = reader.numbers("scores")
    if len(scores) != len(tokens):
        raise _refusal(f"{len(tokens)} tokens have {len(scores)} scores", "The file is damaged; get it again")
    unknown = next((token for token, kind in zip(tokens, kinds, strict=True) if kind == _UNKNOWN), None)
    fallback = any(kind == _BYTE for kind in kinds)
    merges = _merges_of(tokens, scores, kinds)
    prefixed = bool(reader.value("add_space_prefix", default=True))
    marks: list[dict[str, Any]] = [{"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]
    spaces: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if prefixed:
        marks.insert(0, {"type": "Prepend", "prepend": "\u2581"})
        spaces.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    model = _bpe(tokens, [], unk_token=unknown, fuse_unk=True, byte_fallback=fallback)
    return {
        "normalizer": {"type": "Sequence", "normalizers": marks},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": spaces},
        "model": {**model, "merges": merges},
    }, True


def _merges_of(tokens: list[str], scores: list[float], kinds: list[float]) -> list[list[str]]:
    """Every way to make a token of two others, in the order of the scores."""
    places = {token: place for place, (token, kind) in enumerate(zip(tokens, kinds, strict=True)) if kind == _NORMAL}
    merges = []
    for token, place in places.items():
        pairs = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        known = [(left, right) for left, right in pairs if left in places and right in places]
        known.sort(key=lambda pair: (places[pair[0]], places[pair[1]]))
        merges += [(-scores[place], place, left, right) for left, right in known]
    merges.sort(key=lambda merge: merge[:2])
    return [[left, right] for _, _, left, right in merges]


def _added_token(place: int, token: str, *, special: bool) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": place, "content": token, **flags, "special": special}


def _framing(reader: _Metadata, tokens: list[str], *, begins: bool) -> dict[str, Any] | None:
    """The tokens before and behind a text, as the file asks for them."""
    begin = _end_token(reader, tokens, "bos") if reader.value("add_bos_token", begins) else None
    end = _end_token(reader, tokens, "eos") if reader.value("add_eos_token", default=False) else None
    if begin is None and end is None:
        return None

    def frame(text: str, kind: int) -> list[dict[str, Any]]:
        pieces = [_special(begin, kind), {"Sequence": {"id": text, "type_id": kind}}, _special(end, kind)]
        return [piece for piece in pieces if piece is not None]

    special = {token: {"id": token, "ids": [tokens.index(token)], "tokens": [token]} for token in (begin, end) if token}
    return {
        "type": "TemplateProcessing",
        "single": frame("A", 0),
        "pair": [*frame("A", 0), *frame("B", 1)],
        "special_tokens": special,
    }


def _special(token: str | None, kind: int) -> dict[str, Any] | None:
    return None if token is None else {"SpecialToken": {"id": token, "type_id": kind}}


def _end_token(reader: _Metadata, tokens: list[str], name: str) -> str | None:
    place = reader.value(f"{name}_token_id")
    if place is None:
        return None
    if not isinstance(place, int) or not 0 <= place < len(tokens):
        raise _refusal(
            f"tokenizer.ggml.{name}_token_id is {place!r}, but it has {len(tokens)} tokens", "Export it again"
        )
    return tokens[place]
