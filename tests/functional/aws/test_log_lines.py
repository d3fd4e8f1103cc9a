"""Lines of a log group, from CloudWatch Logs as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from support.metering import REGION

from pilotlight.aws import LogLines
from pilotlight.core.errors import MeteringError

GROUP = "/pilotlight/dev/models"
NOW = datetime.now(UTC)  # CloudWatch Logs takes no line of another time


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("logs", region_name=REGION)
        for name in (GROUP, f"{GROUP}-other"):
            client.create_log_group(logGroupName=name)
        yield client


def put(client: Any, stream: str, lines: list[tuple[datetime, str]]) -> None:
    client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": int(moment.timestamp() * 1000), "message": text} for moment, text in lines]
    client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def test_every_page_of_every_stream_is_read(client: Any) -> None:
    """CloudWatch Logs answers with pages of at most 10,000 lines."""
    for number in range(3):
        put(client, f"s{number}", [(NOW, f"{number} {line}") for line in range(4_000)])
    found = list(LogLines(client, GROUP).read(NOW - timedelta(minutes=1), NOW + timedelta(minutes=1), ""))
    assert sorted(found) == sorted(f"{number} {line}" for number in range(3) for line in range(4_000))


def test_lines_of_another_time_are_left_out(client: Any) -> None:
    hour = timedelta(hours=1)
    put(client, "s", [(NOW - 2 * hour, "before"), (NOW, "now"), (NOW + hour, "after")])
    assert list(LogLines(client, GROUP).read(NOW - hour, NOW + hour / 2, "")) == ["now"]


def test_the_retention_is_that_of_the_group_itself(client: Any) -> None:
    client.put_retention_policy(logGroupName=f"{GROUP}-other", retentionInDays=7)
    assert LogLines(client, GROUP).read_retention() is None
    client.put_retention_policy(logGroupName=GROUP, retentionInDays=60)
    assert LogLines(client, GROUP).read_retention() == timedelta(days=60)
    assert LogLines(client, f"{GROUP}-other").read_retention() == timedelta(days=7)
    assert LogLines(client, "/missing").read_retention() is None


def test_a_group_that_is_not_there_is_named(client: Any) -> None:
    with pytest.raises(MeteringError, match="log group /missing: CloudWatch Logs answered ResourceNotFoundException"):
        list(LogLines(client, "/missing").read(NOW, NOW, ""))
