"""A streamed answer begins long before it ends."""

import pytest

from benchmarks.streaming import CLIENTS, MOST, first_share, measure

pytest.importorskip("awslambdaric", reason="AWS's runtime client has wheels for Linux alone")


def test_the_first_byte_comes_within_a_twentieth_of_the_time_of_the_whole_answer() -> None:
    found = {name: measure(client, 3) for name, client in CLIENTS.items()}
    assert first_share(found["Pilotlight's"]) <= MOST
    assert first_share(found["AWS's"]) > 0.9  # which shows that the measure tells a whole answer from a stream
