"""What Docker needs to push to ECR."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from pilotlight.aws import Images
from pilotlight.core.errors import RunError
from pilotlight.workflows.image import EcrRegistry

pytestmark = pytest.mark.functional

REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/training"


@pytest.fixture
def client() -> Any:
    return boto3.client("ecr", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_the_password_is_the_second_part_of_the_token(client: Any) -> None:
    with Stubber(client) as stub:
        token = {"authorizationToken": "QVdTOnRoZTpwYXNzd29yZA==", "proxyEndpoint": "https://x"}
        stub.add_response("get_authorization_token", {"authorizationData": [token]})
        assert Images(client).get_password(REPOSITORY) == "the:password"


def test_moto_gives_one_as_well(client: Any) -> None:
    with mock_aws():
        assert Images(client).get_password(REPOSITORY)


def test_a_refused_token_names_the_action(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_authorization_token", "AccessDeniedException", "no")
        with pytest.raises(RunError, match=r"repository .*/training: ECR answered .*ecr:GetAuthorizationToken"):
            Images(client).get_password(REPOSITORY)


@pytest.mark.parametrize("repository", ["127.0.0.1:5000/training", "ghcr.io/me/training", "ecr.example.com/training"])
def test_other_registries_have_dockers_own_settings(repository: str) -> None:
    def connect() -> Any:
        raise AssertionError("another registry needs no AWS")

    assert EcrRegistry(connect).password(repository) is None


def test_a_repository_of_ecr_takes_its_password_from_aws(client: Any) -> None:
    with mock_aws():
        cloud = SimpleNamespace(images=Images(client))
        assert EcrRegistry(lambda: cloud).password(REPOSITORY)
