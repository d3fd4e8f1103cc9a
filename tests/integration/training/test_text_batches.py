"""Batches of rows of about one length."""

import numpy as np

from pilotlight import build_vocabulary, padded_array, text_batches

ROWS = [[index] * (1 + index % 7) for index in range(1, 41)]
LABELS = list(range(1, 41))


def seen(batches: object, count: int) -> list[tuple[list[list[int]], list[int]]]:
    found = [batches[index] for index in range(count)]  # type: ignore[index]  # a PyDataset has no types
    return [([row[row > 0].tolist() for row in ids], labels.tolist()) for ids, labels in found]


def test_every_row_comes_once_an_epoch_with_its_label() -> None:
    batches = text_batches(ROWS, LABELS, 8, 3)
    assert len(batches) == 5
    pairs = [pair for rows, labels in seen(batches, 5) for pair in zip(rows, labels, strict=True)]
    assert sorted(pairs) == sorted(zip(ROWS, LABELS, strict=True))


def test_an_epoch_follows_from_the_seed_and_differs_from_the_one_before() -> None:
    first, again, other = text_batches(ROWS, LABELS, 8, 3), text_batches(ROWS, LABELS, 8, 3), None
    before = seen(first, 5)
    assert seen(again, 5) == before
    first.on_epoch_end()
    other = seen(first, 5)
    assert other != before
    again.on_epoch_end()
    assert seen(again, 5) == other


def test_a_batch_holds_rows_of_about_one_length_and_the_first_two_are_the_extremes() -> None:
    rows = [[1] * length for length in range(1, 65)]
    batches = text_batches(rows, [0] * 64, 4, 3)
    shapes = [batches[index][0].shape for index in range(len(batches))]
    assert all(shape[1] % 8 == 0 for shape in shapes)
    assert (shapes[0], shapes[1]) == ((4, 64), (4, 8))
    spread = [np.ptp((batches[index][0] > 0).sum(axis=1)) for index in range(len(batches))]
    assert max(spread) <= 4


def test_rows_are_augmented_anew_for_each_epoch() -> None:
    def shortened(row: list[int], draw: np.random.Generator) -> list[int]:
        return row[: int(draw.integers(1, len(row) + 1))]

    batches = text_batches(ROWS, LABELS, 40, 3, shortened)
    (before,) = seen(batches, 1)
    batches.on_epoch_end()
    (after,) = seen(batches, 1)
    lengths = [sorted(zip(labels, map(len, rows), strict=True)) for rows, labels in (before, after)]
    assert lengths[0] != lengths[1]
    assert all(set(row) == {label} for rows, labels in (before, after) for row, label in zip(rows, labels, strict=True))


def test_padded_arrays_are_filled_up_to_a_multiple_of_eight() -> None:
    array = padded_array([[1, 2, 3], [4]])
    assert (array.shape, array.dtype) == ((2, 8), np.int64)
    assert array[1].tolist() == [4, 0, 0, 0, 0, 0, 0, 0]
    assert padded_array([[1] * 9]).shape == (1, 16)


def test_a_vocabulary_counts_rows_and_is_in_a_fixed_order() -> None:
    rows = [["b", "a", "a"], ["b", "c"], ["b", "a"], ["c"], ["d"]]
    vocabulary = build_vocabulary(rows, 2, buckets=3)
    assert (vocabulary.tokens, vocabulary.buckets) == (("b", "a", "c"), 3)
