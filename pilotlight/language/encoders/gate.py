"""The gate for encoders: the served graph answers held-out texts as the source does, and makes the same tokens.

The served side is the code that runs in Lambda, with its tokenizer and its batches. The source gets one text at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.artifacts import Candidate
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.language.encoders.comparison import Tolerance, compare_answers
from pilotlight.language.encoders.reference import Encode
from pilotlight.language.tasks import RERANK
from pilotlight_runtime.engine.ort_session import open_session as open_with_engine
from pilotlight_runtime.errors import InferenceFailed, LoadError
from pilotlight_runtime.language.encoders.encoder import Encoder
from pilotlight_runtime.language.encoders.encoder_settings import GRAPH
from pilotlight_runtime.manifest import MODEL_NAME, Graph, Loading, Manifest
from pilotlight_runtime.session import OpenSession
from pilotlight_runtime.text.tokenization.framing import Framed
from pilotlight_runtime.types import LoadedModel

_OPEN_UNPACKED: Final = partial(open_with_engine, packed=False)
"""Opens a graph as a function does that packs the weights after its first answer."""
FrameReference = Callable[[str, str | None], Framed]
"""Makes the tokens of a text, or of a pair of texts, with the reference tokenizer: not truncated."""


class EncoderGate:
    """Judges candidates by held-out texts.

    Args:
        texts: The texts, at least one.
        reference: Computes the answer of the source.
        frame: The reference tokenizer.
        tolerance: How far answers may be apart.
    """

    def __init__(self, texts: Sequence[str], reference: Encode, frame: FrameReference, tolerance: Tolerance) -> None:
        self._texts = texts
        self._reference = reference
        self._frame = frame
        self._tolerance = tolerance
        self._expected: list[NDArray[Any]] | None = None

    def judge(self, candidate: Candidate, open_session: OpenSession, note: str = "") -> ParityReport:
        """Judge a candidate by each graph that it may be opened from.

        Args:
            candidate: The candidate, with its tokenizer and language.json.
            open_session: Opens a graph.
            note: What was assumed, for the report.
        """
        reports = []
        for name, opens in _list_ways(candidate.parts[GRAPH].loading, open_session):
            try:
                reports.append(self._judge_graph(candidate, name, opens, note))
            except (LoadError, InferenceFailed) as error:
                return ParityReport(0, None, failures=(f"{name}: {error}",), note=note, cause=Cause.FAILED)
        return max(reports, key=lambda report: len(report.failures))

    def _judge_graph(self, candidate: Candidate, name: str, open_session: OpenSession, note: str) -> ParityReport:
        encoder = Encoder(_load(candidate, candidate.parts[GRAPH].folder / name, open_session))
        framed = self._frame_texts(encoder)
        failures = self._compare_tokens(encoder, framed)
        if self._expected is None:
            self._expected = [np.asarray(self._reference(text.ids, text.types)) for text in framed]
        rows = encoder.run(framed)
        served = [np.frombuffer(row, np.float32) for row in rows]
        comparison = compare_answers(encoder.settings.task, self._expected, served, self._tolerance)
        return comparison.report(self._tolerance, failures, note)

    def _pairs(self, encoder: Encoder) -> list[tuple[str, str | None]]:
        """Return the texts; for a reranker, each with the one behind it."""
        if encoder.settings.task != RERANK:
            return [(text, None) for text in self._texts]
        return [(text, self._texts[(place + 1) % len(self._texts)]) for place, text in enumerate(self._texts)]

    def _frame_texts(self, encoder: Encoder) -> list[Framed]:
        return [
            encoder.frame([text])[0] if other is None else encoder.frame_pairs(text, [other])[0]
            for text, other in self._pairs(encoder)
        ]

    def _compare_tokens(self, encoder: Encoder, framed: Sequence[Framed]) -> list[str]:
        """Return a failure where our tokenizer and the reference differ. Texts that were truncated are not compared."""
        for place, ((text, other), ours) in enumerate(zip(self._pairs(encoder), framed, strict=True)):
            expected = self._frame(text, other)
            if len(expected.ids) > encoder.settings.longest:
                continue
            if expected != ours:
                found = next(
                    (at for at, (a, b) in enumerate(zip(expected.ids, ours.ids, strict=False)) if a != b),
                    min(len(expected.ids), len(ours.ids)),
                )
                return [f"tokens: text {place} ({text[:40]!r}) differs from the reference tokenizer at token {found}"]
        return []


def _list_ways(loading: Loading | None, open_session: OpenSession) -> Iterator[tuple[str, OpenSession]]:
    """Yield each file that a function may open, and how."""
    yield MODEL_NAME, open_session
    if loading is not None and loading.graph != MODEL_NAME:
        yield loading.graph, open_session
        if loading.pack_later:
            yield loading.graph, _OPEN_UNPACKED


def _load(candidate: Candidate, graph: Path, open_session: OpenSession) -> LoadedModel:
    """Return the candidate as a function has it, with this graph."""
    session = open_session(graph, os.cpu_count() or 1)
    graphs = (Graph(GRAPH, session.signature),)
    manifest = Manifest("", "", candidate.signature, (), None, {}, {}, {}, graphs=graphs, assets=candidate.assets)
    return LoadedModel(manifest, {GRAPH: session}, str(candidate.folder))
