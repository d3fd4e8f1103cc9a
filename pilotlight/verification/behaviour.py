"""The gate over a whole behaviour: what a function answers, its own code included, against what the source answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from pilotlight.core.artifacts import Array, Named, ParityReport, Reference
from pilotlight.core.modelconfig import ParityConfig
from pilotlight.verification.compare import compare
from pilotlight.verification.running import BATCH
from pilotlight.verification.verify import LEAST, SINGLES, judged, undeclared
from pilotlight_runtime.signature import Signature

Answer = Callable[[Named], Named]
"""The function's outputs by name for inputs by name; NoAnswer where it gives none."""

_FEW: Final = "only {count} samples are held out; {least} are wanted"


class NoAnswer(Exception):
    """The function refused or failed; the message says how."""


def verify_behaviour(
    answer: Answer, reference: Reference, signature: Signature, config: ParityConfig, metric: str
) -> ParityReport:
    """Compares `answer` with the source on held-out samples, and then by `metric` ("" none).

    The samples are the first max(config.samples, 128) of the reference, in batches, where texts of every length meet,
    and some one by one: so an answer that depends on its neighbours or on padding is found.
    """
    count = min(len(next(iter(reference.inputs.values()))), max(config.samples, LEAST))
    inputs = {name: array[:count] for name, array in reference.inputs.items()}
    expected = reference.predict(inputs)
    starts = range(0, count, BATCH)
    try:
        parts = [answer(_rows(inputs, slice(start, start + BATCH))) for start in starts]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        alone = [answer(_rows(inputs, slice(index, index + 1))) for index in range(min(SINGLES, count))]
    except NoAnswer as error:
        return ParityReport(count, None, failures=(str(error),))
    failures = undeclared(signature, found, batched=True)
    whole = compare(expected, found, signature, config)
    failures += whole.failures
    largest = whole.largest
    for index, single in enumerate(alone if not whole.failures else ()):
        wanted = _rows(expected, slice(index, index + 1))
        if compare(wanted, _rows(found, slice(index, index + 1)), signature, config).failures:
            continue  # an outlier, and counted as one above
        result = compare(wanted, single, signature, config, f"sample {index} alone: ")
        failures += result.failures
        largest = max(largest, result.largest)
    note = "" if count >= LEAST else _FEW.format(count=count, least=LEAST)
    report = ParityReport(count, largest, failures=tuple(failures), note=note)
    return judged(report, metric, reference.labels, (expected, found), config)


def _rows(arrays: Named, rows: slice) -> dict[str, Array]:
    return {name: array[rows] for name, array in arrays.items()}
