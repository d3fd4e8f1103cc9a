import io

from rich.console import Console

from pilotlight.cli.progress import LiveProgress, PlainProgress


def test_plain_lines_come_at_most_every_ten_seconds() -> None:
    stream = io.StringIO()
    readings = iter([0.0, 1.0, 2.0, 12.0, 12.0, 13.0])
    plain = PlainProgress(stream, lambda: next(readings))
    plain.stage("train")
    plain.step(1, 8, {"loss": 1.0})
    plain.step(2, 8, {"loss": 0.123456, "accuracy": 0.5})
    plain.step(8, 8, {"loss": 0.1})
    assert stream.getvalue() == "==> train\n    25 %  loss 0.1235  accuracy 0.5\n"


def test_plain_notes_are_whole_lines() -> None:
    stream = io.StringIO()
    PlainProgress(stream).note("[not markup]")
    assert stream.getvalue() == "    [not markup]\n"


def test_the_live_bar_ends_at_the_last_step_and_shows_the_values() -> None:
    stream = io.StringIO()
    live = LiveProgress(Console(file=stream, force_terminal=True, width=100, highlight=False))
    live.stage("train")
    live.step(1, 2, {"loss": 0.5})
    live.note("epoch [1] of 2")
    live.step(2, 2, {"loss": 0.25})
    live.close()
    written = stream.getvalue()
    assert "loss 0.25" in written
    assert "epoch [1] of 2" in written
    assert written.endswith("\x1b[?25h")  # the cursor is back


def test_closing_twice_or_before_any_step_does_nothing() -> None:
    stream = io.StringIO()
    live = LiveProgress(Console(file=stream, force_terminal=True))
    live.close()
    live.close()
    assert stream.getvalue() == ""


def test_a_long_note_keeps_its_indent() -> None:
    stream = io.StringIO()
    LiveProgress(Console(file=stream, width=12)).note("one two three")
    assert [line.rstrip() for line in stream.getvalue().splitlines()] == ["  one two", "  three"]
