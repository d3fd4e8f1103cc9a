import io

import numpy as np
import pytest
from rich.console import Console, RenderableType

from pilotlight.cli.drawing import is_probabilities, render_image, render_outputs, render_probabilities


def plain(renderable: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100).print(renderable)
    return stream.getvalue()


def test_a_picture_has_two_pixel_rows_a_line() -> None:
    drawn = render_image(np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]), colour=False)
    assert drawn.plain == "▒█\n▒ "


def test_with_colour_each_pixel_keeps_its_own_tone() -> None:
    drawn = render_image(np.array([[0.0], [1.0]]), colour=True)
    assert drawn.plain == "▀"
    assert str(drawn.spans[0].style) == "rgb(20,20,20) on rgb(255,255,255)"


def test_the_likeliest_class_comes_first() -> None:
    lines = plain(render_probabilities(np.array([0.1, 0.7, 0.2], np.float32))).splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "0"]
    assert "70.0%" in lines[0]
    assert lines[0].count("█") > lines[1].count("█") > 0


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0.5, 0.5], [0.1, 0.9]], np.float32), True),
        (np.array([[0.5, 0.4]], np.float32), False),
        (np.array([[1.5, -0.5]], np.float32), False),
        (np.array([[np.nan, 1.0]], np.float32), False),
        (np.array([[1, 0]], np.int64), False),
        (np.array([0.5, 0.5], np.float32), False),
        (np.array([[1.0]], np.float32), False),
        (np.zeros((0, 2), np.float32), False),
    ],
)
def test_what_counts_as_probabilities(array: np.ndarray, expected: object) -> None:
    assert is_probabilities(array) is expected


def test_other_outputs_show_their_first_values() -> None:
    shown = plain(
        render_outputs({"[y]": np.arange(20), "text": np.array([b"a\xff"], dtype=object), "one": np.array(2.5)})
    )
    assert "[y] int64 20" in shown
    assert "0, 1, 2, 3, 4, 5, 6, 7, … (20 values)" in shown
    assert "a\N{REPLACEMENT CHARACTER}" in shown
    assert "one float64 one value" in shown


def test_many_samples_are_cut_with_a_word_about_it() -> None:
    shown = plain(render_outputs({"p": np.full((7, 2), 0.5, np.float32)}))
    assert shown.count("sample ") == 5
    assert "2 samples more" in shown
