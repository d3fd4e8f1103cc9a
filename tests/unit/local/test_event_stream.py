"""The data of server-sent events, wherever their bytes are cut."""

from collections.abc import Iterator

import pytest

from pilotlight.local.event_stream import read_events

STREAM = b': a comment\nevent: x\ndata: {"a": 1}\n\ndata:{"b": 2}\r\n\r\ndata: [DONE]\n\n'


@pytest.mark.parametrize("size", [1, 2, 7, len(STREAM)])
def test_events_are_whole_wherever_the_bytes_are_cut(size: int) -> None:
    parts = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert list(read_events(parts)) == [b'{"a": 1}', b'{"b": 2}', b"[DONE]"]


def test_a_line_without_its_end_is_no_event() -> None:
    assert list(read_events([b"data: {}\n\ndata: {"])) == [b"{}"]


def test_an_event_comes_when_its_line_has_ended() -> None:
    taken = []

    def parts() -> Iterator[bytes]:
        yield b"data: 1\n"
        taken.append("second part")
        yield b"data: 2\n"

    events = read_events(parts())
    assert next(events) == b"1"
    assert taken == []


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 1 MiB"):
        list(read_events([b"data: "] + [b"x" * 65_536] * 20))
