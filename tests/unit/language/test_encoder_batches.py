"""How texts are grouped into runs."""

from hypothesis import given
from hypothesis import strategies as st

from pilotlight_runtime.language.encoders.encoder_batches import group_by_length
from pilotlight_runtime.language.encoders.vectors import cosine, read_vector, shorten_vector, write_vector

LENGTHS = st.lists(st.integers(1, 600), max_size=80)


@given(LENGTHS, st.sampled_from([1, 64, 2048]))
def test_each_text_is_in_one_run_and_runs_are_bounded(lengths: list[int], cells: int) -> None:
    groups = list(group_by_length(lengths, cells))
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[place] for place in group)
        padding = sum(longest - lengths[place] for place in group)
        assert len(group) == 1 or len(group) * longest <= cells
        assert padding <= max(16, len(group) * longest // 8)
        assert lengths[group[-1]] == longest


def test_texts_of_one_length_share_runs() -> None:
    assert [len(group) for group in group_by_length([32] * 100, 2048)] == [64, 36]


def test_a_short_text_does_not_wait_in_a_long_run() -> None:
    assert list(group_by_length([200, 4, 5, 199], 2048)) == [[1, 2], [3, 0]]


def test_vectors_are_bytes_of_fp32() -> None:
    vector = write_vector([3.0, 4.0, 12.0])
    assert read_vector(vector) == [3.0, 4.0, 12.0]
    assert shorten_vector(vector, 2, normalize=False) == write_vector([3.0, 4.0])
    assert read_vector(shorten_vector(vector, 2, normalize=True)) == read_vector(write_vector([0.6, 0.8]))
    assert read_vector(shorten_vector(write_vector([0.0, 0.0, 1.0]), 2, normalize=True)) == [0.0, 0.0]


def test_the_cosine_of_a_vector_without_length_is_0() -> None:
    assert cosine([1.0, 0.0], [2.0, 0.0]) == 1.0
    assert cosine([1.0, 0.0], [0.0, 5.0]) == 0.0
    assert cosine([0.0, 0.0], [0.0, 5.0]) == 0.0
