from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from support.batch_account import REGION, Account, build_account
from support.project import Desk, new_project


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The command line on a fresh project."""
    return new_project(tmp_path)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_REGION", REGION)
    with mock_aws(config={"batch": {"use_docker": False}}):
        yield build_account(tmp_path)
