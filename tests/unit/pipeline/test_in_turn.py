from pilotlight.verification.quantized import ROUNDS, time_alternately


def test_calls_are_timed_in_turn_and_the_median_is_told() -> None:
    now = [0.0]
    order: list[str] = []

    def call(name: str, seconds: list[float]) -> None:
        order.append(name)
        now[0] += seconds[len(order) % len(seconds)]

    before, after = time_alternately(lambda: call("a", [0.002]), lambda: call("b", [0.001, 0.001, 9.0]), lambda: now[0])
    assert (before, after) == (2.0, 1.0)
    assert order == ["a", "a", "b", "b"] * ROUNDS
