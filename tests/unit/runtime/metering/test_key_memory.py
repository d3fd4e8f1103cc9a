"""What is remembered of keys is bounded in number and in time."""

from pilotlight_runtime.metering.memory import SECONDS, Memory


def test_an_entry_ends_at_its_time() -> None:
    memory = Memory()
    memory.keep("a", 1, 1000.0 + SECONDS)
    assert memory.find("a", 1000.0) == 1
    assert memory.find("a", 1000.0 + SECONDS - 0.1) == 1
    assert memory.find("a", 1000.0 + SECONDS) is None
    assert len(memory) == 0


def test_a_clock_that_is_set_back_keeps_no_entry() -> None:
    memory = Memory()
    memory.keep("a", 1, 1000.0 + SECONDS)
    assert memory.find("a", 900.0) is None


def test_the_oldest_entry_makes_room() -> None:
    memory = Memory(most=3)
    for name in "abca":
        memory.keep(name, name, 1000.0)
    memory.keep("d", "d", 1000.0)
    assert [memory.find(name, 990.0) for name in "abcd"] == ["a", None, "c", "d"]
    for number in range(10_000):
        memory.keep(str(number), number, 1000.0)
    assert len(memory) == 3


def test_a_key_is_forgotten() -> None:
    memory = Memory()
    memory.keep("a", 1, 1000.0)
    memory.forget("a")
    memory.forget("b")
    assert memory.find("a", 990.0) is None
