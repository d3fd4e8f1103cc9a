"""The gate for a model behind code of its own: the packaged function is asked, not its graphs.

So the tokeniser, the loop over graphs and every line of app.py are compared with the source.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from pilotlight.core.artifacts import Candidate, Named, ParityReport, Reference
from pilotlight.core.errors import ServiceError
from pilotlight.core.modelconfig import ParityConfig
from pilotlight.verification.answers import Answer, compare_answers, merge_reports

StartFunction = Callable[[Candidate], AbstractContextManager[Answer]]
"""Packages and starts the function that a candidate would become; ServiceError where it does not start."""


def verify_function(
    start: StartFunction, candidate: Candidate, reference: Reference, config: ParityConfig, metric: str
) -> ParityReport:
    """Return the report on the function as it starts on this host, with the failures of its portable graphs added."""
    reference = replace(reference, predict=_LastAnswer(reference.predict))
    report = _verify(start, candidate, reference, config, metric)
    if all(part.loading is None or not part.loading.host for part in candidate.parts.values()):
        return report
    parts = {name: replace(part, loading=None) for name, part in candidate.parts.items()}
    portable = _verify(start, replace(candidate, parts=parts), reference, config, metric)
    failures = (*report.failures, *(f"portable graphs: {failure}" for failure in portable.failures))
    return merge_reports(report, portable, failures)


class _LastAnswer:
    """Remembers the source's last answer. A source that writes word by word takes minutes, and both gates ask it."""

    def __init__(self, predict: Callable[[Named], Named]) -> None:
        self._predict = predict
        self._inputs: Named = {}
        self._outputs: Named = {}

    def __call__(self, inputs: Named) -> Named:
        same = inputs.keys() == self._inputs.keys() and all(
            np.array_equal(array, self._inputs[name]) for name, array in inputs.items()
        )
        if not same or not self._outputs:
            self._inputs, self._outputs = inputs, self._predict(inputs)
        return self._outputs


def _verify(
    start: StartFunction, candidate: Candidate, reference: Reference, config: ParityConfig, metric: str
) -> ParityReport:
    try:
        with start(candidate) as answer:
            return compare_answers(answer, reference, candidate.signature, config, metric)
    except ServiceError as error:
        return ParityReport(0, None, failures=(f"{error.where} {error.what}",))
