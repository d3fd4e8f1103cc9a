"""Texts and what they are in another language."""

from __future__ import annotations

from typing import Final

from pilotlight.core.data_source import SourceKind
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays, check_arrays
from pilotlight.training.run import Run
from pilotlight.training.text.aligned import load_aligned
from pilotlight.training.text.numbers import load_numbers

NUMBERS: Final = "numbers"


def load_translations(run: Run, source: str, target: str) -> Arrays:
    """Texts in the language `source` as x, the same in `target` as y: the built-in "numbers", or a folder.

    source, target: codes such as "en", which end the names of the folder's files, see sources.aligned. DataError where
    `run.source` is neither or its content is malformed.
    """
    if run.source == NUMBERS:
        arrays = load_numbers(source, target)
    elif run.location.kind is SourceKind.FOLDER and run.location.path is not None:
        arrays = load_aligned(run.location.path, source, target, run.source)
    else:
        hint = f"Give {NUMBERS}, or a folder with train.{source} and train.{target}."
        raise DataError(f"data source {run.source!r}", "is no folder and none that is built in", hint)
    return check_arrays(arrays, run.source)


def corpus_bleu(translations: list[str], references: list[str]) -> float:
    """BLEU of 0..100 with one reference a text, tokenised by mteval's rules (13a) and lower-cased, as sacrebleu has it.

    Source: Papineni et al., 2002, and Post, "A Call for Clarity in Reporting BLEU Scores", 2018.
    """
    import sacrebleu

    return float(sacrebleu.corpus_bleu(translations, [references], lowercase=True, tokenize="13a").score)
