"""Building a vocabulary from the tokens of a training part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pilotlight_runtime.text.tokens import Vocabulary


def build_vocabulary(rows: Iterable[Sequence[str]], min_rows: int, buckets: int = 1) -> Vocabulary:
    """Builds the vocabulary of tokenised texts.

    Args:
        rows: The tokens of each text.
        min_rows: In how many texts a token must occur to get an id of its own.
        buckets: How many ids all other tokens share.

    Returns:
        The vocabulary: the most frequent token first, equally frequent ones in alphabetical order.
    """
    counts = Counter(token for row in rows for token in set(row))
    kept = [token for token, count in counts.items() if count >= min_rows]
    return Vocabulary(sorted(kept, key=lambda token: (-counts[token], token)), buckets)
