"""The arithmetic of `make bench-llm`: streams, ratios and costs, on figures whose results are known."""

import json
from collections.abc import Iterator

import pytest

from benchmarks.llm.contenders import Round
from benchmarks.llm.dollars import token_costs
from benchmarks.llm.figures import OURS, compute_ratios
from benchmarks.llm.report import BEGIN, END, write_into
from benchmarks.llm.stream import read_stream
from benchmarks.llm.turns import Turns
from pilotlight.bench.prices import Prices

PRICES = Prices(gb_second=0.00002)


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


def answer(*texts: str) -> bytes:
    usage = {"choices": [], "usage": {"completion_tokens": len(texts), "prompt_tokens": 34}}
    events = b"".join(map(event, texts)) + b"data: " + json.dumps(usage).encode() + b"\n\ndata: [DONE]\n\n"
    return b'{"statusCode": 200}' + b"\0" * 8 + events


def ticking() -> Iterator[float]:
    time = 0.0
    while True:
        yield time
        time += 1.0


@pytest.mark.parametrize("size", [1, 5, 4096])
def test_a_stream_is_read_wherever_its_bytes_are_cut(size: int) -> None:
    whole = answer("a", "", "b", "c")
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    streamed = read_stream(parts)
    assert (streamed.text, streamed.tokens, streamed.prompt_tokens) == ("abc", 4, 34)


def test_times_are_those_of_the_first_and_the_last_text() -> None:
    clock = ticking()
    head, usage = b'{"statusCode": 200}' + b"\0" * 8, answer()[27:]
    parts = [head, event(""), event("a"), event("b"), event("c"), usage.replace(b': 0, "p', b': 3, "p')]
    streamed = read_stream(parts, lambda: next(clock))
    assert (streamed.first, streamed.last) == (2.0, 4.0)
    assert streamed.speed == 1.0


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([b'{"statusCode": 400}' + b"\0" * 8 + b'{"error": "too long"}'], "too long"),
        ([b'{"statusCode": 200, "body": "whole"}'], "no stream"),
        ([b'{"statusCode": 200}' + b"\0" * 8 + b"data: [DONE]\n\n"], "no text"),
    ],
)
def test_an_answer_without_a_stream_is_told(parts: list[bytes], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        read_stream(parts)


def test_ratios_are_to_each_peer_with_as_many_threads() -> None:
    medians = {
        (OURS, 1): Round(300.0, 100.0, 1, ""),
        ("genai", 1): Round(600.0, 110.0, 1, ""),
        ("llama", 1): Round(2000.0, 100.0, 1, "", own_ms=500.0),
        ("genai", 2): Round(600.0, 110.0, 1, ""),
    }
    found = {(each.peer, each.bound): each for each in compute_ratios(medians, {1: Turns(100.0, 500.0, 550)})}
    assert {key: (round(each.ratio, 2), each.reached) for key, each in found.items()} == {
        (OURS, 0.25): (0.2, True),
        ("genai", 0.6): (0.5, True),
        ("llama", 0.5): (0.6, False),
        ("genai", 0.95): (0.91, False),
        ("llama", 1.0): (1.0, True),
    }


def test_a_million_tokens_cost_what_their_seconds_cost() -> None:
    costs = {each.memory_mb: each for each in token_costs({1: 500.0}, {1: 100.0, 2: 150.0}, PRICES)}
    one = costs[1769]
    assert one.answer == pytest.approx(1e6 / 100 * 0.00002 * 1769 / 1024)
    assert one.prompt == pytest.approx(one.answer / 5)
    assert one.measured
    assert costs[1024].answer == pytest.approx(one.answer)  # fewer vCPUs at the same price for each
    assert not costs[1024].measured
    assert costs[3538].decode_speed == costs[10240].decode_speed == 150.0
    assert costs[10240].answer > costs[3538].answer


def test_memory_that_is_too_small_is_left_out() -> None:
    assert [each.memory_mb for each in token_costs({1: 1.0}, {1: 1.0}, PRICES, 3000)] == [3008, 3538, 5307, 10240]


def test_tables_take_the_place_of_those_between_the_marks() -> None:
    page = f"Before.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n"
    assert write_into(page, "| new |") == f"Before.\n\n{BEGIN}\n\n| new |\n\n{END}\n\nAfter.\n"
    with pytest.raises(ValueError, match="no <!-- bench-llm -->"):
        write_into("Before.\n", "| new |")


def test_the_documentation_has_the_marks(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "language-models.md").read_text(encoding="utf-8")
    assert "| new |" in write_into(page, "| new |")
