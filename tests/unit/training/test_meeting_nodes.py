"""How the nodes of one job find one another."""

from collections.abc import Iterator

import pytest

from pilotlight.core.errors import TrainingError
from pilotlight.training import Node, meet, node_of, own_address

MAIN = {
    "AWS_BATCH_JOB_NUM_NODES": "3",
    "AWS_BATCH_JOB_NODE_INDEX": "1",
    "AWS_BATCH_JOB_MAIN_NODE_INDEX": "1",
    "AWS_BATCH_JOB_ID": "c0ffee#1",
    "AWS_BATCH_JOB_ATTEMPT": "2",
}
OTHER = {**MAIN, "AWS_BATCH_JOB_NODE_INDEX": "0", "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "10.0.0.7"}


class Place(dict[str, bytes]):
    """A store in memory, written once."""

    def put_bytes(self, name: str, content: bytes) -> bool:
        return self.setdefault(name, content) is content

    def get_bytes(self, name: str) -> bytes | None:
        return self.get(name)

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(name for name in self if name.startswith(prefix)))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, place: Place, arriving: dict[float, str]) -> None:
        self.now = 0.0
        self._place = place
        self._arriving = arriving

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for at, name in self._arriving.items():
            if at <= self.now:
                self._place.put_bytes(name, f"{name[-1]}.host:1".encode())


@pytest.mark.parametrize("environ", [{}, {"AWS_BATCH_JOB_NUM_NODES": "1"}, {"AWS_BATCH_JOB_NUM_NODES": ""}])
def test_one_node_is_none(environ: dict[str, str]) -> None:
    assert node_of(environ) is None


def test_the_main_node_is_told_no_address() -> None:
    node = node_of(MAIN)
    assert node == Node(3, 1, 1, "c0ffee-2", "")
    assert node.is_main


def test_another_node_is_told_where_the_main_one_is() -> None:
    node = node_of(OTHER)
    assert node == Node(3, 0, 1, "c0ffee-2", "10.0.0.7")
    assert not node.is_main


@pytest.mark.parametrize(
    "changed",
    [
        {"AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": ""},
        {"AWS_BATCH_JOB_NODE_INDEX": "3"},
        {"AWS_BATCH_JOB_NODE_INDEX": "one"},
        {"AWS_BATCH_JOB_MAIN_NODE_INDEX": "-1"},
    ],
)
def test_variables_that_make_no_sense(changed: dict[str, str]) -> None:
    with pytest.raises(TrainingError, match="AWS Batch"):
        node_of({**OTHER, **changed})


def test_a_variable_that_is_missing() -> None:
    with pytest.raises(TrainingError, match="AWS_BATCH_JOB_ID"):
        node_of({name: value for name, value in OTHER.items() if name != "AWS_BATCH_JOB_ID"})


def test_the_main_node_comes_first() -> None:
    place = Place()
    clock = Clock(place, {4.0: "job/1", 6.0: "job/0"})
    cluster = meet(Node(3, 2, 1, "job", "10.0.0.7"), place, "2.host:1", clock, clock.sleep)
    assert cluster.addresses == ("1.host:1", "0.host:1", "2.host:1")
    assert cluster.index == 2
    assert clock.now == 6.0


def test_nodes_of_another_attempt_are_not_met() -> None:
    place = Place({"job-1/0": b"old:1"})
    clock = Clock(place, {2.0: "job-2/0"})
    assert meet(Node(2, 1, 0, "job-2", "x"), place, "b:1", clock, clock.sleep).addresses == ("0.host:1", "b:1")


def test_a_node_that_never_comes_is_named() -> None:
    place = Place()
    clock = Clock(place, {2.0: "job/2"})
    with pytest.raises(TrainingError, match="node 1: waited 60 seconds for node 0 of 3"):
        meet(Node(3, 1, 1, "job", ""), place, "b:1", clock, clock.sleep, seconds=60)


def test_a_node_is_reached_where_it_reaches_the_main_one() -> None:
    host, port = own_address(Node(2, 1, 0, "job", "127.0.0.1")).split(":")
    assert host == "127.0.0.1"
    assert 0 < int(port) < 65536
