"""The control: a handler that does nothing. What it takes is the emulator, Python and the runtime client."""

from typing import Any


def handler(event: Any, context: Any) -> Any:
    """An empty answer."""
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
