import subprocess
import sys

import pytest

from pilotlight.aws import parse_s3_url
from pilotlight.core.errors import StoreError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
        ("s3://b/k", ("b", "k")),
        ("s3://b/team/models/", ("b", "team/models")),
    ],
)
def test_addresses(url: str, expected: tuple[str, str]) -> None:
    assert parse_s3_url(url) == expected


@pytest.mark.parametrize("url", ["", "s3://", "s3:///k", "http://b/k", "/a/folder"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(StoreError, match=r"Write s3://bucket/prefix"):
        parse_s3_url(url)


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_the_room_loads_without_boto3() -> None:
    assert (
        fresh("import pilotlight.aws, sys; print('boto3' in sys.modules, 'botocore' in sys.modules)") == "False False"
    )


def test_a_missing_boto3_names_the_extra() -> None:
    code = """
import sys
sys.modules["boto3"] = None
from pilotlight.aws import create_s3_client
try:
    create_s3_client()
except Exception as error:
    print(type(error).__name__, error)
"""
    assert fresh(code) == "StoreError s3://: boto3 is not installed. Run `pip install 'pilotlight[aws]'`."


def test_a_client_is_made() -> None:
    code = "from pilotlight.aws import create_s3_client; print(create_s3_client().meta.service_model.service_name)"
    assert fresh(code) == "s3"
