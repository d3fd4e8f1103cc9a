"""Tiny encoders taken through the import: from a folder to a candidate and to the model as a function loads it."""

from __future__ import annotations

from pathlib import Path

from pilotlight.core.artifacts import Candidate
from pilotlight.core.lock import Lock
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.progress import Silent
from pilotlight.language.candidate import LanguageCandidate
from pilotlight.language.encoders.candidate import EncoderRequest, build_encoder_candidate
from pilotlight.language.sources import find_source
from pilotlight.store import FolderBlobs, Store
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.encoders.encoder_settings import GRAPH
from pilotlight_runtime.manifest import MODEL_NAME, Graph
from pilotlight_runtime.types import LoadedModel
from support.language_functions import APP
from support.manifests import manifest_of

TEXTS = (
    "The cat sat on the mat.\nA dog ran in the old house.\nAnna works in Berlin and lives in Paris.\nred blue hill\n"
    "The river is far from the bridge.\nWe walked from one hill to three hills.\nunknown words: zebra, 北京, नमस्ते\n"
    "The new train to the river was near the bridge, and they ran.\nrunner cats walking\n\n"
)


class Notes(Silent):
    """A Progress that keeps notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def import_folder(
    folder: Path, into: Path, config: ModelConfig | None = None, notes: Notes | None = None
) -> LanguageCandidate:
    """Import the folder of a tiny model, held to sentences of its own words."""
    text = into.parent / "held_out.txt"
    text.write_text(TEXTS)
    request = EncoderRequest(config or ModelConfig("tiny", "onnx"), text)
    return build_encoder_candidate(find_source(folder), request, into, open_session, notes or Silent())


def load_candidate(candidate: Candidate) -> LoadedModel:
    """The model as a function loads it."""
    session = open_session(candidate.parts[GRAPH].folder / MODEL_NAME, 1)
    manifest = manifest_of([], [])._replace(
        signature=candidate.signature, graphs=(Graph(GRAPH, session.signature),), assets=candidate.assets
    )
    return LoadedModel(manifest, {GRAPH: session}, str(candidate.folder))


def package_tiny(folder: Path, into: Path) -> None:
    """Import a tiny model, and write its function to `into`."""
    made = import_folder(folder, into.parent / "candidate")
    store = Store(FolderBlobs(into.parent / "store"))
    published = store.publish("tiny", made.candidate, image=None, metrics={}, parity={}, provenance={})
    store.fetch("tiny", Lock(published.manifest.version, published.manifest_sha256), into)
    (into / "app.py").write_text(APP)


def load_tiny(folder: Path, into: Path, config: ModelConfig | None = None) -> LoadedModel:
    """Import and load a tiny model that the gate accepts."""
    made = import_folder(folder, into, config)
    assert not made.report.failures, made.report.failures
    return load_candidate(made.candidate)
