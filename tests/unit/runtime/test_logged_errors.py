"""Errors that Python's own libraries log: the function's log gets them without their messages."""

import logging
from collections.abc import Iterator

import pytest

from pilotlight_runtime.startup import _withhold_logged_errors

NAME = "concurrent.futures"


class Observer:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, BaseException | None]] = []

    def request(self, record: object) -> None:
        raise AssertionError(record)

    def warning(self, text: str, error: BaseException | None) -> None:
        self.warnings.append((text, error))


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger(NAME)
    before, logger.filters = logger.filters, []
    yield logger
    logger.filters = before


def test_an_error_is_reported_and_not_logged(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    observer, error = Observer(), ValueError("canary")
    _withhold_logged_errors(logging, observer)
    logger.error("a callback failed: %s", error, exc_info=error)
    logger.error("something else failed")
    assert observer.warnings == [("an error outside of a request", each) for each in (error, None)]
    assert caplog.text == ""


def test_less_than_an_error_is_logged(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    observer = Observer()
    _withhold_logged_errors(logging, observer)
    logger.warning("a slow callback")
    assert observer.warnings == []
    assert "a slow callback" in caplog.text


def test_a_filter_of_app_py_stays_alone(logger: logging.Logger) -> None:
    logger.addFilter(lambda _: True)
    _withhold_logged_errors(logging, Observer())
    assert len(logger.filters) == 1
