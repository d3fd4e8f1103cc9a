"""The memory that a language model's function needs, from its manifest and language.json."""

from typing import Any

import pytest
from support.manifests import manifest_of, signature_of

from pilotlight.language.memory import MemoryNeed, estimate_memory
from pilotlight_runtime.manifest import ArtifactFile, Graph, Manifest

MB = 1024 * 1024
LAYERS, HEADS, SIZE = 30, 3, 64
"""SmolLM2-135M: 30 layers with 3 heads of keys of 64 numbers."""


def decoder_of(weights: int, tokenizer: int = 0) -> Manifest:
    ends = [(f"{kind}_{layer}", "FP32", (1, HEADS, -1, SIZE)) for layer in range(LAYERS) for kind in ("key", "value")]
    graph = Graph("decoder", signature_of([("ids", "INT64", (1, -1)), *ends], [("logits", "FP32", (-1, 49_152))]))
    files = (
        ArtifactFile("decoder/model.onnx", "0" * 64, 1000),
        ArtifactFile("decoder/weights.bin", "0" * 64, weights - 1000),
        ArtifactFile("tokenizer.bin", "0" * 64, tokenizer),
    )
    return manifest_of([], [])._replace(graphs=(graph,), files=files, assets=("tokenizer.bin",))


def need(context: int, **more: Any) -> MemoryNeed:
    return estimate_memory(decoder_of(189 * MB), {"generation": {"context": context, "vocabulary": 49_152, **more}})


def test_the_cache_is_two_numbers_for_each_layer_head_and_position() -> None:
    assert need(2048).cache == 2 * LAYERS * HEADS * SIZE * 2048 * 4
    assert need(8192).cache == 4 * need(2048).cache


def test_a_cache_that_grows_is_there_twice() -> None:
    assert need(2048, cache="grown").cache == 2 * need(2048, cache="shared").cache


def test_weights_are_counted_once_and_the_table_of_tokens_besides() -> None:
    assert need(2048).weights == 189 * MB
    assert need(2048, heads=9).table == 49_152 * 9 * SIZE


def test_a_longer_context_and_more_heads_take_more_working_memory() -> None:
    assert need(2048).working < need(4096).working
    assert need(2048, heads=9).working < need(2048, heads=32).working


def test_a_tokenizer_is_larger_in_memory_than_in_its_file() -> None:
    settings = {"generation": {"context": 2048, "vocabulary": 49_152}}
    without, one = (estimate_memory(decoder_of(MB, size), settings) for size in (0, MB))
    assert one.process == without.process + 10 * MB


def test_an_encoder_has_no_cache() -> None:
    graph = Graph("encoder", signature_of([("ids", "INT64", (-1, -1))], [("embedding", "FP32", (-1, 384))]))
    files = (ArtifactFile("encoder/model.onnx", "0" * 64, 90 * MB),)
    manifest = manifest_of([], [])._replace(graphs=(graph,), files=files)
    found = estimate_memory(manifest, {"task": "embed", "embedding": {"dimensions": 384, "longest": 512}})
    assert (found.weights, found.table, found.cache) == (90 * MB, 0, 0)
    assert 0 < found.working < 200 * MB


def test_all_together_is_rounded_up_and_listed() -> None:
    assert MemoryNeed(MB, MB, 0, 1, 5 * MB).megabytes == 8
    assert str(MemoryNeed(MB, MB, 0, 1, 5 * MB)) == (
        "8 MB of memory (1 weights, 1 table of tokens, 1 working memory, 5 process)"
    )


@pytest.mark.parametrize("settings", [{}, {"generation": 1}, {"generation": {"context": "2048", "heads": 0}}])
def test_what_is_missing_or_wrong_is_taken_as_usual(settings: dict[str, Any]) -> None:
    assert estimate_memory(decoder_of(MB), settings) == estimate_memory(decoder_of(MB), {})
