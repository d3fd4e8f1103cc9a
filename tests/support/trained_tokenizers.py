"""Small tokenizers of every kind, trained with the package `tokenizers`. Import it where that package is installed."""

import base64
import json
import random
from collections.abc import Callable
from unicodedata import normalize

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from support.charsmaps import build_charsmap
from support.tokenizer_texts import TEXTS

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_UPPER, _LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
PATTERNS = {
    "llama 3": rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_TAIL}",
    "cl100k": rf"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{{L}}\p{{N}}]?+\p{{L}}++|\p{{N}}{{1,3}}|{_TAIL}",
    "qwen 2": rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_TAIL}",
    "gpt-4o": rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_CONTRACTIONS}?|"
    rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_CONTRACTIONS}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "bloom": r" ?[^(\s|[.,!?…。\x{ff0c}、।\x{6d4}،])]+",
    "deepseek": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"
    r" ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "han": r"[一-龥぀-ゟ\x{30a0}-ヿ]+|\p{Han}+|\P{L}|(?<=a)b|\x{e9}|\d\D|\w\W|(?>ab|a)c?|\S+?|[^\n]",
}
BYTE_TOKENS = [f"<0x{byte:02X}>" for byte in range(256)]


def documents() -> list[str]:
    """What the tokenizers are trained on."""
    chosen = random.Random(1)  # noqa: S311  (trains on the same texts each time)
    words = " ".join(TEXTS[:14]).split()
    return [" ".join(chosen.sample(words, 8)) for _ in range(300)] + list(TEXTS[:14])


def byte_level(
    pre_tokenizer: pre_tokenizers.PreTokenizer, normalizer: normalizers.Normalizer | None = None, **settings: bool
) -> Tokenizer:
    """A byte-level BPE."""
    tokenizer = Tokenizer(models.BPE(**settings))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>", "<|im|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents(), trainer)
    return tokenizer


def by_pattern(*patterns: str) -> pre_tokenizers.PreTokenizer:
    """Splits at patterns, then takes bytes."""
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]
    return pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def character_pairs(
    pre_tokenizer: pre_tokenizers.PreTokenizer | None,
    normalizer: normalizers.Normalizer | None,
    decoder: decoders.Decoder,
    *,
    fallback: bool = True,
) -> Tokenizer:
    """A BPE over characters, as SentencePiece makes it."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=fallback, unk_token="<unk>", fuse_unk=True))
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    special = ["<unk>", "<s>", "</s>", *(BYTE_TOKENS if fallback else [])]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, show_progress=False, limit_alphabet=60)
    tokenizer.train_from_iterator(documents(), trainer)
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["content"] not in BYTE_TOKENS]
    return Tokenizer.from_str(json.dumps(document))


def word_pieces(
    normalizer: normalizers.Normalizer, pre_tokenizer: pre_tokenizers.PreTokenizer, **settings: int
) -> Tokenizer:
    """A WordPiece tokenizer, framed as BERT's."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", **settings))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(documents(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    return tokenizer


def unigram(
    pre_tokenizer: pre_tokenizers.PreTokenizer, normalizer: normalizers.Normalizer | None, decoder: decoders.Decoder
) -> Tokenizer:
    """A Unigram tokenizer."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoder
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(vocab_size=400, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(documents(), trainer)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    return tokenizer


def with_byte_tokens(tokenizer: Tokenizer) -> Tokenizer:
    """A Unigram tokenizer with byte fallback."""
    document = json.loads(tokenizer.to_str())
    document["model"]["vocab"] += [[token, -50.0] for token in BYTE_TOKENS]
    document["model"]["byte_fallback"] = True
    fallen = [{"type": "ByteFallback"}, {"type": "Fuse"}]
    document["decoder"] = {"type": "Sequence", "decoders": [document["decoder"], *fallen]}
    return Tokenizer.from_str(json.dumps(document))


def with_added(tokenizer: Tokenizer) -> Tokenizer:
    """Adds tokens of each kind."""
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.add_special_tokens([AddedToken("<x>", rstrip=True, special=True, normalized=False)])
    tokenizer.add_tokens(
        [AddedToken("Word", single_word=True, normalized=False), AddedToken("<think>", normalized=False)]
    )
    tokenizer.add_tokens([AddedToken("lower Case", normalized=True), "é"])
    return tokenizer


def affixed() -> Tokenizer:
    """A BPE over characters with a prefix within words and a suffix at their ends."""
    affixes = {"end_of_word_suffix": "</w>", "continuing_subword_prefix": "@@"}
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", **affixes))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>"], show_progress=False, limit_alphabet=50, **affixes
    )
    tokenizer.train_from_iterator(documents(), trainer)
    return tokenizer


def whole_words() -> Tokenizer:
    """A tokenizer that looks words up."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(vocab_size=100, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(documents(), trainer)
    return tokenizer


def roberta() -> Tokenizer:
    """A byte-level BPE with a space in front, framed as RoBERTa's."""
    tokenizer = with_added(byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)))
    tokenizer.post_processor = processors.RobertaProcessing(("<|im|>", 1), ("<|end|>", 0))
    return tokenizer


def charsmap() -> normalizers.Normalizer:
    """A table of replacements: what NFKC composes and decomposes, and entries that delete, join and lengthen."""
    letters = [chr(number) for number in range(1, 0x10000) if not 0xD800 <= number < 0xE000]
    table = {letter: normalize("NFKC", letter) for letter in letters if normalize("NFKC", letter) != letter}
    table |= {"\r": " ", "\n": " ", "\t": " ", "\x01": "", "\u00ad": "", "e\u0301": "é", "a": "A", "\u2581": " "}
    table |= {"\uac00": "나", "\u1161": "!", "\uff76\uff9e": "ガ", "\u3042": "い", "\u2122": "TM"}
    return normalizers.Precompiled(base64.b64decode(build_charsmap(table)))


def _llama(*, prefixed: bool) -> decoders.Decoder:
    spaces = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence([*spaces, decoders.Strip(" ", 1, 0)] if prefixed else spaces)


_MARK_SPACES = normalizers.Replace(" ", "\u2581")
_SPACES = normalizers.Replace(Regex(" {2,}"), " ")
_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
KINDS: dict[str, Callable[[], Tokenizer]] = {
    "gpt-2": lambda: byte_level(_BYTES),
    "gpt-2 with a space in front": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "roberta": roberta,
    "smollm": lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), _BYTES])),
    **{name: (lambda pattern=pattern: byte_level(by_pattern(pattern))) for name, pattern in PATTERNS.items()},
    "whole words": lambda: byte_level(by_pattern(PATTERNS["llama 3"]), ignore_merges=True),
    "composed": lambda: byte_level(by_pattern(PATTERNS["qwen 2"]), normalizers.NFC()),
    "three patterns": lambda: byte_level(by_pattern(r"\p{N}{1,3}", r"[一-龥぀-ゟ\x{30a0}-ヿ]+", PATTERNS["deepseek"])),
    "added": lambda: with_added(byte_level(_BYTES)),
    "added, folded": lambda: with_added(
        byte_level(_BYTES, normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]))
    ),
    "fixed lengths": lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.FixedLength(3), _BYTES])),
    "bert": lambda: word_pieces(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
    "bert, cased": lambda: word_pieces(
        normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer(), max_input_chars_per_word=7
    ),
    "bert, added": lambda: with_added(
        word_pieces(normalizers.BertNormalizer(strip_accents=False), pre_tokenizers.BertPreTokenizer())
    ),
    "word pieces": lambda: word_pieces(
        normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Strip()]),
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Whitespace(),
                pre_tokenizers.Punctuation("merged_with_previous"),
                pre_tokenizers.Digits(individual_digits=False),
            ]
        ),
    ),
    "word pieces, replaced": lambda: word_pieces(
        normalizers.Sequence([normalizers.Nmt(), normalizers.NFKD(), _SPACES, normalizers.Replace("fox", "wolf")]),
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.WhitespaceSplit(),
                pre_tokenizers.CharDelimiterSplit("-"),
                pre_tokenizers.Punctuation("contiguous"),
                pre_tokenizers.Split("e", "removed", invert=False),
                pre_tokenizers.Split("o", "merged_with_next", invert=True),
            ]
        ),
    ),
    "unigram": lambda: unigram(pre_tokenizers.Metaspace(), None, decoders.Metaspace()),
    "unigram, bytes": lambda: with_byte_tokens(unigram(pre_tokenizers.Metaspace(), None, decoders.Metaspace())),
    "unigram, folded": lambda: with_added(
        unigram(
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
            normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), _SPACES]),
            decoders.Metaspace(),
        )
    ),
    "unigram, first": lambda: with_added(
        unigram(
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
            normalizers.Strip(left=True, right=False),
            decoders.Metaspace(prepend_scheme="first"),
        )
    ),
    "charsmap": lambda: unigram(pre_tokenizers.Metaspace(), charsmap(), decoders.Metaspace()),
    "charsmap, first": lambda: with_added(
        unigram(
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            normalizers.Sequence([charsmap(), normalizers.Strip(left=False, right=True), _SPACES]),
            decoders.Metaspace(),
        )
    ),
    "llama 2": lambda: with_added(
        character_pairs(
            None, normalizers.Sequence([normalizers.Prepend("\u2581"), _MARK_SPACES]), _llama(prefixed=True)
        )
    ),
    "llama 2, first": lambda: character_pairs(
        pre_tokenizers.Metaspace(prepend_scheme="first", split=False), None, _llama(prefixed=True)
    ),
    "gemma": lambda: character_pairs(
        pre_tokenizers.Split(" ", "merged_with_previous"), _MARK_SPACES, _llama(prefixed=False)
    ),
    "unknown characters": lambda: character_pairs(
        pre_tokenizers.Metaspace(prepend_scheme="never"),
        normalizers.NFC(),
        decoders.Metaspace(prepend_scheme="never"),
        fallback=False,
    ),
    "affixes": affixed,
    "whole word lookup": whole_words,
}
"""Makes a tokenizer of each kind."""
