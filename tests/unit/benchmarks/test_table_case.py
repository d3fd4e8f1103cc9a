"""A row of the tables of what converts: the reason of a refusal names no model that a reader could not know."""

from pathlib import Path

import pytest

from benchmarks.tables.case import MODEL_NAME, REFUSED, Case, Outcome, run_case
from pilotlight.core.errors import ConversionError


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (f"model {MODEL_NAME!r}", "hashes words. Use a vocabulary."),
        (f"model {MODEL_NAME!r}, layer 'hashing'", "layer 'hashing': hashes words. Use a vocabulary."),
        ("the TfidfVectorizer in train.py", "the TfidfVectorizer in train.py: hashes words. Use a vocabulary."),
    ],
)
def test_the_reason_of_a_refusal_leaves_out_the_model(where: str, reason: str, tmp_path: Path) -> None:
    def attempt(_folder: Path) -> Outcome:
        raise ConversionError(where, "hashes words", "Use a vocabulary.")

    assert run_case(Case("layers", "Hashing", attempt), tmp_path) == Outcome(REFUSED, reason)
