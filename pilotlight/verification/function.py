"""The gate for a model behind code of its own. It sends requests to the packaged function, not to its graphs.

So the tokeniser, the loop over graphs and every line of app.py are compared with the source.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np

from pilotlight.core.artifacts import Candidate, NamedArrays, Reference
from pilotlight.core.errors import ServiceError
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.verification.compare_outputs import PredictFunction, compare_outputs, merge_reports

StartFunction = Callable[[Candidate], AbstractContextManager[PredictFunction]]
"""Packages and starts the function of a candidate; raises ServiceError where it does not start."""


def verify_function(
    start: StartFunction, candidate: Candidate, reference: Reference, config: ParityConfig, metric: str
) -> ParityReport:
    """Verify the function of a candidate.

    Args:
        start: Packages and starts the function.
        candidate: The candidate, with several graphs.
        reference: The source model and held-out samples.
        config: The tolerances.
        metric: The name of a metric; "" for none.

    Returns:
        The report on the function as it starts on this host, with the failures of its portable graphs added.
    """
    reference = replace(reference, predict=_CachedPredictions(reference.predict))
    report = _verify_once(start, candidate, reference, config, metric)
    if all(part.loading is None or not part.loading.host for part in candidate.parts.values()):
        return report
    parts = {name: replace(part, loading=None) for name, part in candidate.parts.items()}
    portable = _verify_once(start, replace(candidate, parts=parts), reference, config, metric)
    failures = (*report.failures, *(f"portable graphs: {failure}" for failure in portable.failures))
    return merge_reports(report, portable, failures)


class _CachedPredictions:
    """Remembers the last outputs of the source: generating text takes minutes, and the gate needs them twice."""

    def __init__(self, predict: Callable[[NamedArrays], NamedArrays]) -> None:
        self._predict = predict
        self._inputs: NamedArrays = {}
        self._outputs: NamedArrays = {}

    def __call__(self, inputs: NamedArrays) -> NamedArrays:
        same = inputs.keys() == self._inputs.keys() and all(
            np.array_equal(array, self._inputs[name]) for name, array in inputs.items()
        )
        if not same or not self._outputs:
            self._inputs, self._outputs = inputs, self._predict(inputs)
        return self._outputs


def _verify_once(
    start: StartFunction, candidate: Candidate, reference: Reference, config: ParityConfig, metric: str
) -> ParityReport:
    try:
        with start(candidate) as answer:
            return compare_outputs(answer, reference, candidate.signature, config, metric)
    except ServiceError as error:
        return ParityReport(0, None, failures=(f"{error.where} {error.what}",), cause=Cause.FAILED)
