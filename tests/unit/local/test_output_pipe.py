"""Pieces of what a function prints, as lines."""

import pytest

from pilotlight.local.output_pipe import print_lines


@pytest.mark.parametrize(
    ("pieces", "printed"),
    [
        (["a\n"], ["a\n"]),
        (["a", " ", "b", "\n"], ["a b\n"]),
        (["a\nb", "c\n"], ["a\n", "bc\n"]),
        (["a\nb\n"], ["a\nb\n"]),
        (["no end"], ["no end"]),
        (["a\nno", " end"], ["a\n", "no end"]),
        (["error\rtrace\r  line\n"], ["error\ntrace\n  line\n"]),
        ([], []),
        (["\n"], ["\n"]),
    ],
)
def test_lines_stay_whole(pieces: list[str], printed: list[str]) -> None:
    found: list[str] = []
    take = print_lines(found.append)
    for piece in [*pieces, ""]:
        take(piece)
    assert found == printed
