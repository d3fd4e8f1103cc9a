"""A tokenizer of 49,152 tokens is ready in a quarter of the time that the package `tokenizers` takes."""

import json
from pathlib import Path

import pytest

pytest.importorskip("tokenizers", reason="the peer: pip install 'pilotlight[llm]'")
pytest.importorskip("gguf", reason="reads GGUF files: pip install 'pilotlight[llm]'")

ROUNDS = 5
CEILING = 0.25


def test_ready(tmp_path: Path) -> None:
    from benchmarks import tokenizer

    try:
        gguf = tokenizer.find_gguf()
    except SystemExit as missing:
        pytest.skip(str(missing))
    tokenizer.prepare(gguf, tmp_path)
    took: dict[str, list[float]] = {"pilotlight": [], "tokenizers": []}
    tokens = []
    for _ in range(ROUNDS):
        for name, times in took.items():
            found, digests = tokenizer.measure(name, tmp_path, json.dumps({"short": "A text of 42 letters, or so."}))
            times.append(found["first prompt"])
            tokens.append(digests)
    assert all(digests == tokens[0] for digests in tokens)
    assert min(took["pilotlight"]) <= CEILING * min(took["tokenizers"])
