"""BLEU, as sacrebleu computes it."""

from collections.abc import Sequence

from pilotlight import DataError


def corpus_bleu(translations: Sequence[str], references: Sequence[str]) -> float:
    """BLEU of 0..100, with one reference a text, tokenised by mteval's rules (13a) and lower-cased.

    Source: Papineni et al., 2002, and Post, "A Call for Clarity in Reporting BLEU Scores", 2018.

    Args:
        translations: What the model wrote.
        references: A correct translation of each.

    Raises:
        DataError: sacrebleu is not installed.
    """
    try:
        import sacrebleu
    except ImportError as error:
        raise DataError("BLEU", "needs sacrebleu", "Install it with `pip install sacrebleu`.") from error
    return float(sacrebleu.corpus_bleu(list(translations), [list(references)], lowercase=True, tokenize="13a").score)
