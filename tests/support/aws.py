"""What makes AWS's stand-in quick: nothing is read or made twice that no test changes."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.loaders import JSONFileLoader, Loader


class KeptDescriptions(JSONFileLoader):  # type: ignore[misc]
    """Reads each of botocore's descriptions of a service once a process, not once a session of boto3.

    Every mock_aws begins with sessions of its own, and reading takes longer than what moto answers.
    """

    def load_file(self, file_path: str) -> Any:
        return _read(file_path)


@cache
def _read(path: str) -> Any:
    return JSONFileLoader().load_file(path)


def keep_descriptions() -> None:
    """From now on botocore reads descriptions through KeptDescriptions."""
    Loader.FILE_LOADER_CLASS = KeptDescriptions


@cache
def client(service: str, region: str) -> Any:
    """One client for all tests: making it takes longer than what moto answers."""
    return boto3.client(service, region_name=region)
