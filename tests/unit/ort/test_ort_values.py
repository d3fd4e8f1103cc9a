import gc
import weakref

import pytest

from pilotlight_runtime.engine.values import Buffer, Handle


class Parent:
    pass


def test_handle_releases_once_and_then_lets_go() -> None:
    released: list[tuple[object, bool]] = []
    parent = Parent()
    alive = weakref.ref(parent)
    handle = Handle(5, lambda pointer: released.append((pointer, alive() is not None)), parent)
    again = handle
    del parent, handle
    assert released == []
    del again
    gc.collect()
    assert released == [(5, True)]
    assert alive() is None


@pytest.mark.parametrize("data", [bytearray(b"abcd"), memoryview(b"abcd"), memoryview(bytearray(b"abcd"))])
def test_buffer_holds_its_memory(data: bytearray | memoryview) -> None:
    buffer = Buffer(data)
    assert buffer.size == 4
    assert buffer.address == Buffer(data).address


def test_buffer_of_a_slice_points_into_the_whole() -> None:
    data = memoryview(b"abcdefgh")
    assert Buffer(data[3:]).address == Buffer(data).address + 3


def test_buffer_pins_what_could_move() -> None:
    data = bytearray(b"abcd")
    buffer = Buffer(data)
    with pytest.raises(BufferError):
        data.extend(b"more")
    del buffer
    data.extend(b"more")


def test_buffer_refuses_what_has_holes() -> None:
    with pytest.raises(BufferError):
        Buffer(memoryview(b"abcdefgh")[::2])
