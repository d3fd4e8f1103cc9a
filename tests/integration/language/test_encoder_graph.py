"""The graph of an encoder, and its computation with numpy, give what transformers gives for the same weights.

tests/fixtures/encoders.json holds what transformers computed for the tiny models of tests/support/tiny_encoder.py: the
mean of the tokens' vectors, the scores of a text, or the scores of each token.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from support.tiny_encoder import make_config, write_encoder

from pilotlight.language.encoders.family import find_family
from pilotlight.language.encoders.graph import build_encoder_graph
from pilotlight.language.encoders.head import Head, read_head
from pilotlight.language.encoders.reference import make_reference
from pilotlight.language.encoders.shape import EncoderShape, read_encoder_shape
from pilotlight.language.encoders.weights import EncoderWeights, find_buckets, read_encoder
from pilotlight.language.files.safetensors_tensors import SafetensorsTensors
from pilotlight.language.settings import Settings

FIXTURE = Path(__file__).parents[2] / "fixtures" / "encoders.json"
CASES: list[dict[str, Any]] = json.loads(FIXTURE.read_text())["cases"]
MODELS = sorted({(case["architecture"], case["task"], case["labels"]) for case in CASES})
TOLERANCE = 2e-6


def read(folder: Path, architecture: str, task: str, labels: int) -> tuple[EncoderShape, EncoderWeights, Head]:
    """A tiny model whose answers are the plain scores, or the mean of the tokens."""
    names = [f"L{place}" for place in range(labels)] if task != "rerank" else []
    write_encoder(folder, architecture, task, names)
    config = make_config(architecture, task, names or ["L0"])
    family = find_family(architecture, "config.json")
    shape = read_encoder_shape(Settings("config.json", config), family)
    file = SafetensorsTensors(folder, [folder / "model.safetensors"])
    head = Head("embed", "mean", (), "") if task == "embed" else read_head(file, family, task, config, "config.json")
    return shape, read_encoder(file, shape), replace(head, finish="")


def cases_of(model: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [case for case in CASES if (case["architecture"], case["task"], case["labels"]) == model]


def expected_of(case: dict[str, Any]) -> Any:
    """The output as our graph shapes it: no list around a text's only row, and a reranker's score alone."""
    output = np.array(case["output"])
    if case["task"] == "rerank":
        return output[0, 0]
    return output if case["task"] == "tag" else output[0]


def batch_of(cases: list[dict[str, Any]], *, typed: bool) -> dict[str, Any]:
    """Both texts of a model in one batch, so that the shorter one has padding behind it."""
    longest = max(len(case["ids"]) for case in cases)
    inputs = {name: np.zeros((len(cases), longest), np.int64) for name in ("ids", "mask", "types")}
    for row, case in enumerate(cases):
        length = len(case["ids"])
        inputs["ids"][row, :length] = case["ids"]
        inputs["types"][row, :length] = case["types"]
        inputs["mask"][row, :length] = 1
    return inputs if typed else {name: inputs[name] for name in ("ids", "mask")}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: "-".join(map(str, model)))
def test_a_batch_with_padding_gives_what_transformers_gives(tmp_path: Path, model: tuple[str, str, int]) -> None:
    shape, weights, head = read(tmp_path, *model)
    graph = build_encoder_graph(shape, weights, head)
    onnx.checker.check_model(graph)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    cases = cases_of(model)
    (answers,) = session.run(None, batch_of(cases, typed=weights.types is not None))
    declared = session.get_outputs()[0].shape
    assert len(declared) == answers.ndim
    for case, answer in zip(cases, answers, strict=True):
        expected = expected_of(case)
        found = answer[: len(case["ids"])] if case["task"] == "tag" else answer
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: "-".join(map(str, model)))
def test_numpy_gives_what_transformers_gives(tmp_path: Path, model: tuple[str, str, int]) -> None:
    encode = make_reference(*read(tmp_path, *model))
    for case in cases_of(model):
        np.testing.assert_allclose(encode(case["ids"], case["types"]), expected_of(case), atol=TOLERANCE)


@pytest.mark.parametrize("pool", ["mean", "cls", "last", "max"])
@pytest.mark.parametrize("finish", ["normalize", ""])
def test_each_pooling_ignores_padding(tmp_path: Path, pool: str, finish: str) -> None:
    shape, weights, _ = read(tmp_path, "bert", "embed", 0)
    head = Head("embed", pool, (), finish)
    encode = make_reference(shape, weights, head)
    session = onnxruntime.InferenceSession(build_encoder_graph(shape, weights, head).SerializeToString())
    cases = cases_of(("bert", "embed", 0))
    (answers,) = session.run(None, batch_of(cases, typed=True))
    for case, answer in zip(cases, answers, strict=True):
        np.testing.assert_allclose(answer, encode(case["ids"], case["types"]), atol=TOLERANCE)
        assert finish == "" or np.linalg.norm(answer) == pytest.approx(1, abs=1e-6)


def test_the_buckets_of_distances_are_those_of_t5() -> None:
    """As MPNet's own code computes them, one at a time: half of 32 for each side, 8 of those exact, up to 128."""

    def bucket(distance: int) -> int:
        far, side = abs(distance), 16 if distance > 0 else 0
        if far < 8:
            return side + far
        return side + min(8 + int(np.log(far / 8) / np.log(128 / 8) * 8), 15)

    distances = np.arange(-511, 512)
    assert find_buckets(distances, 32).tolist() == [bucket(int(distance)) for distance in distances]


def test_zeros_are_answered_without_a_number_that_is_not_finite(tmp_path: Path) -> None:
    """Each function runs its graph on zeros when it starts: a text without tokens."""
    shape, weights, head = read(tmp_path, "bert", "embed", 0)
    graph = build_encoder_graph(shape, weights, replace(head, finish="normalize"))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    zeros = np.zeros((1, 1), np.int64)
    (answer,) = session.run(None, {"ids": zeros, "mask": zeros, "types": zeros})
    assert np.isfinite(answer).all()
