"""CloudWatch Logs: the log of a job's container."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pilotlight.aws.error_translation import translate_errors
from pilotlight.core.errors import RunError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class LogStreams:
    """The log streams of one account and region.

    Args:
        client: boto3's client of CloudWatch Logs.
    """

    def __init__(self, client: CloudWatchLogsClient) -> None:
        self._client = client

    def read(self, group: str, stream: str, token: str | None) -> tuple[list[str], str | None] | None:
        """Read one page of a log stream.

        Args:
            group: The log group's name.
            stream: The log stream's name.
            token: The token of the page before; None for the first page.

        Returns:
            The lines and the token of the next page. At the end GetLogEvents returns the same token again. None where
            there is no such stream yet.

        Raises:
            RunError: The stream cannot be read.
        """
        more: dict[str, Any] = {} if token is None else {"nextToken": token}
        with translate_errors(f"log group {group}", RunError, "CloudWatch Logs"):
            try:
                page = self._client.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return [event.get("message", "") for event in page["events"]], page["nextForwardToken"]
