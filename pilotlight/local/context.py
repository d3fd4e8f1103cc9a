"""The context object that Lambda passes beside an event (Lambda Developer Guide, "Using the Lambda context object")."""

import time
from collections.abc import Callable
from typing import Final

from pilotlight.local.event import ACCOUNT

MEMORY_MB: Final = 1769
"""What one full vCPU comes with."""

TIMEOUT_SECONDS: Final = 29.0
"""How long a REST API waits for its function."""


class LocalContext:
    """The context of one invocation. Its deadline counts from its construction."""

    def __init__(self, function_name: str, request_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:local:{ACCOUNT}:function:{function_name}"
        self.memory_limit_in_mb = str(MEMORY_MB)
        self.aws_request_id = request_id
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = "local"
        self.identity = None
        self.client_context = None
        self._clock = clock
        self._deadline = clock() + TIMEOUT_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until API Gateway would have given up, never below 0."""
        return max(0, int((self._deadline - self._clock()) * 1000))
