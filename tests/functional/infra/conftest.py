from collections.abc import Iterator

import pytest
from infra_pipeline import Pipeline, deploy_pipeline
from moto import mock_aws
from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends
from moto_infra import ACCOUNT, REGION, PlayedBatch, PlayedBuilds


@pytest.fixture
def aws() -> Iterator[None]:
    """moto, with played containers and builds. Other tests get moto's own back."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "batch": {"use_docker": False}}):
        batch_simple_backends[ACCOUNT][REGION] = PlayedBatch(REGION, ACCOUNT)
        codebuild_backends[ACCOUNT][REGION] = PlayedBuilds(REGION, ACCOUNT)
        yield
        del batch_simple_backends[ACCOUNT][REGION]
        del codebuild_backends[ACCOUNT][REGION]


@pytest.fixture
def automatic(aws: None, request: pytest.FixtureRequest) -> Pipeline:
    """A pipeline that deploys what passed the gate."""
    return deploy_pipeline(request.config.rootpath, Approval="automatic")


@pytest.fixture
def approved(aws: None, request: pytest.FixtureRequest) -> Pipeline:
    """A pipeline as it is by default: a person has to agree."""
    return deploy_pipeline(request.config.rootpath)
