"""CloudWatch Logs: what a job's container writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilotlight.aws.errors import reported
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class LogStreams:
    """The log streams of one account and region."""

    def __init__(self, client: CloudWatchLogsClient) -> None:
        self._client = client

    def read(self, group: str, stream: str, token: str | None) -> tuple[list[str], str | None] | None:
        """The lines after `token`, from the first where it is None, and the token of what follows.

        At the end the same token comes again (GetLogEvents). None where there is no such stream yet; RunError where it
        may not be read.
        """
        more: dict[str, Any] = {} if token is None else {"nextToken": token}
        with reported(f"log group {group}", RunError, "CloudWatch Logs"):
            try:
                page = self._client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return [event.get("message", "") for event in page["events"]], page["nextForwardToken"]
