from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from support.metering import REGION, Service, create_dynamo_table, sqlite_service


@pytest.fixture(params=["sqlite", "dynamodb"])
def service(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service on each of the two tables."""
    if request.param == "sqlite":
        yield sqlite_service(tmp_path)
        return
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws():
        yield Service(create_dynamo_table())
