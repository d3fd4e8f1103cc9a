"""Lines of a log group that a pattern selects, such as those that itemise charges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import MeteringError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class LogLines:
    """The lines of a log group.

    Args:
        client: boto3's client of CloudWatch Logs.
        group: The log group's name.
    """

    def __init__(self, client: CloudWatchLogsClient, group: str) -> None:
        self._client = client
        self._group = group

    def read_retention(self) -> timedelta | None:
        """Return how long the log group keeps its lines; None where it keeps them for good.

        Raises:
            MeteringError: The log group cannot be read. The credentials need logs:DescribeLogGroups.
        """
        with translate_errors(f"log group {self._group}", MeteringError, "CloudWatch Logs"):
            pages = self._client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self._group)
            groups = {group.get("logGroupName"): group for page in pages for group in page["logGroups"]}
        days = groups.get(self._group, {}).get("retentionInDays")
        return None if days is None else timedelta(days=days)

    def read(self, begin: datetime, end: datetime, pattern: str) -> Iterator[str]:
        """Yield the lines of a time that a pattern selects.

        Args:
            begin: From then on.
            end: Up to then.
            pattern: Amazon CloudWatch Logs User Guide, "Filter pattern syntax".

        Raises:
            MeteringError: The log group cannot be read.
        """
        milliseconds = [int(moment.timestamp() * 1000) for moment in (begin, end)]
        with translate_errors(f"log group {self._group}", MeteringError, "CloudWatch Logs"):
            pages = self._client.get_paginator("filter_log_events").paginate(
                logGroupName=self._group, startTime=milliseconds[0], endTime=milliseconds[1], filterPattern=pattern
            )
            for page in pages:
                yield from (event.get("message", "") for event in page["events"])
