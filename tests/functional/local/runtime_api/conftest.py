"""A Runtime API, and the function's side of it on raw sockets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.raw_function import RawFunction

from pilotlight.local.runtime_api import RuntimeApi

NOW = 1_700_000_000.0


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    ids = (f"request-{number}" for number in range(1, 100))
    with RuntimeApi("arn:aws:lambda:eu-west-1:1:function:f", clock=lambda: NOW, new_id=lambda: next(ids)) as running:
        yield running


@pytest.fixture
def connect(api: RuntimeApi) -> Iterator[Callable[[], RawFunction]]:
    """Opens connections to `api`, and closes them afterwards."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(RawFunction(api.address))


@pytest.fixture
def function(connect: Callable[[], RawFunction]) -> RawFunction:
    return connect()
