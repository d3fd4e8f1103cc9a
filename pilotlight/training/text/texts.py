"""Texts to learn from: which source they come from, and what is counted in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.data_source import SourceKind
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import check_arrays
from pilotlight.training.data.classes import check_classes
from pilotlight.training.run import Run
from pilotlight.training.text.folder import Labelled, load_text_folder
from pilotlight.training.text.lines import LONGEST
from pilotlight.training.text.messages import LANGUAGES, load_messages
from pilotlight.training.text.reviews import load_reviews
from pilotlight.training.text.sst2 import load_sst2
from pilotlight_runtime.text.texts import Vocabulary

REVIEWS: Final = "reviews"
DJANGO: Final = "django"
SENTIMENTS: Final = ("negative", "positive")


def load_sentiments(run: Run) -> Labelled:
    """Sentences that are negative (0) or positive (1): the built-in "reviews", or a folder in the layout of SST-2.

    DataError where `run.source` is neither or its content is malformed.
    """
    if run.source == REVIEWS:
        arrays = load_reviews()
    else:
        hint = f"Give {REVIEWS}, or a folder with train.tsv and test.tsv."
        arrays = load_sst2(_folder(run, hint), run.source)
    check_classes(check_arrays(arrays, run.source), SENTIMENTS, run.source)
    return Labelled(arrays, SENTIMENTS)


def load_languages(run: Run, longest: int = LONGEST) -> Labelled:
    """Texts and their languages: "django", its translations, or a folder with a file NAME.txt a language.

    longest: characters of a line in such a file, at most.

    DataError where `run.source` is neither or its content is malformed.
    """
    if run.source == DJANGO:
        found = Labelled(load_messages(), LANGUAGES)
    else:
        found = load_text_folder(_folder(run, f"Give {DJANGO}, or a folder of text files."), run.source, longest)
    check_arrays(found.arrays, run.source)
    return found


def build_vocabulary(rows: Iterable[Sequence[str]], least: int, buckets: int = 1) -> Vocabulary:
    """The tokens that at least `least` rows hold, the most frequent first, equal ones in alphabetical order."""
    counts = Counter(token for row in rows for token in set(row))
    kept = [token for token, count in counts.items() if count >= least]
    return Vocabulary(sorted(kept, key=lambda token: (-counts[token], token)), buckets)


def log_count_ratios(rows: Sequence[Sequence[int]], labels: Sequence[int], size: int) -> NDArray[np.float64]:
    """How much more often each id stands in rows of class 1 than of class 0, as a logarithm of shape (size,).

    Counts of rows are smoothed by 1. Source: Wang and Manning, "Baselines and Bigrams", 2012, section 2.1.
    """
    counts = np.ones((2, size))
    for row, label in zip(rows, labels, strict=True):
        counts[label, list(set(row))] += 1
    negative, positive = counts / counts.sum(axis=1, keepdims=True)
    ratios: NDArray[np.float64] = np.log(positive) - np.log(negative)
    return ratios


def _folder(run: Run, hint: str) -> Path:
    source = run.location
    if source.kind is not SourceKind.FOLDER or source.path is None:
        raise DataError(f"data source {source.text!r}", "is no folder and none that is built in", hint)
    return source.path
