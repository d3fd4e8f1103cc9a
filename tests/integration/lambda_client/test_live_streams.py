"""Streams of our client while they go on: parts arrive as they are made, and a caller that leaves ends the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.lambda_clients.process import Running, lay_out, started

from pilotlight.local.runtime_api import RuntimeApi

HEAD = "import os, time\nfrom pathlib import Path\n"
WAITS = """
def handler(event, context):
    yield b"first"
    while not Path("go").exists():
        time.sleep(0.005)
    yield b"second"
"""
ENDLESS = """
def endless():
    made = 0
    try:
        while True:
            made += 1
            yield b"x" * 10_000
    finally:
        Path("ended").write_text(str(made))

def handler(event, context):
    return endless() if event else "whole"
"""
FAILS_AT_ITS_END = """
def failing():
    try:
        while True:
            yield b"x" * 10_000
    finally:
        raise ValueError("not even the end works")

def handler(event, context):
    return failing() if event else "whole"
"""


@contextmanager
def function(folder: Path, app: str) -> Iterator[tuple[RuntimeApi, Running]]:
    lay_out(folder, HEAD + app, {})
    with RuntimeApi() as api, started("ours", folder, api.address) as running:
        yield api, running


def test_a_part_arrives_before_the_next_one_is_made(tmp_path: Path) -> None:
    with function(tmp_path, WAITS) as (api, _), api.invoke(b"1") as invocation:
        parts = iter(invocation)
        assert next(parts) == b"first"
        (tmp_path / "task" / "go").touch()
        assert [*parts] == [b"second"]
        assert invocation.fault is None


def test_a_caller_that_leaves_ends_an_endless_iterator(tmp_path: Path) -> None:
    with function(tmp_path, ENDLESS) as (api, running):
        with api.invoke(b"1") as invocation:
            assert next(iter(invocation))
        with api.invoke(b"0") as invocation:
            assert invocation.read().body == b'"whole"'
        assert int((tmp_path / "task" / "ended").read_text()) < 10_000
        assert running.status is None
        assert running.stop().stderr == b""
        connections = [request.connection for request in api.requests if "/invocation/" in request.path]
        assert connections[:2] == [0, 0]
        assert set(connections[2:]) == {1}


def test_an_iterator_that_fails_when_it_is_ended_is_logged(tmp_path: Path) -> None:
    with function(tmp_path, FAILS_AT_ITS_END) as (api, running):
        with api.invoke(b"1") as invocation:
            assert next(iter(invocation))
        with api.invoke(b"0") as invocation:
            assert invocation.read().body == b'"whole"'
        assert b"[ERROR] ValueError: not even the end works" in running.stop().stdout


def test_a_stream_may_be_larger_than_a_whole_answer(tmp_path: Path) -> None:
    app = "def handler(event, context):\n    for number in range(200):\n        yield bytes([number]) * 100_000\n"
    with function(tmp_path, app) as (api, _), api.invoke(b"1") as invocation:
        body = invocation.read().body
    assert body == b"".join(bytes([number]) * 100_000 for number in range(200))


@pytest.mark.parametrize("size", [1, 65_536, 1_000_000])
def test_parts_are_whole_whatever_their_size(size: int, tmp_path: Path) -> None:
    app = f"def handler(event, context):\n    for _ in range(7):\n        yield os.urandom({size}).hex().encode()\n"
    with function(tmp_path, app) as (api, _), api.invoke(b"1") as invocation:
        assert len(invocation.read().body) == 7 * 2 * size
