import logging
import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger without handlers, as a function's process begins; put back afterwards."""
    root = logging.getLogger()
    handlers, level, converter = [*root.handlers], root.level, logging.Formatter.converter
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.Formatter.converter = converter
    assert converter in (time.localtime, time.gmtime)
