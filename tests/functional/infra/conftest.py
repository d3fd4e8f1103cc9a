from collections.abc import Iterator
from functools import partial

import pytest
from moto import mock_aws
from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends
from support.moto_infra import ACCOUNT, REGION, PlayedBatch, PlayedBuilds
from support.pipeline_stack import Deploy, Pipeline, deploy_pipeline


@pytest.fixture
def deploy(request: pytest.FixtureRequest) -> Iterator[Deploy]:
    """Deploys a pipeline with given parameters to a moto with played containers and builds."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "batch": {"use_docker": False}}):
        batch_simple_backends[ACCOUNT][REGION] = PlayedBatch(REGION, ACCOUNT)
        codebuild_backends[ACCOUNT][REGION] = PlayedBuilds(REGION, ACCOUNT)
        yield partial(deploy_pipeline, request.config.rootpath)
        # Other tests get moto's own back.
        del batch_simple_backends[ACCOUNT][REGION]
        del codebuild_backends[ACCOUNT][REGION]


@pytest.fixture
def automatic(deploy: Deploy) -> Pipeline:
    """A pipeline that deploys what passed the gate."""
    return deploy(Approval="automatic")


@pytest.fixture
def approved(deploy: Deploy) -> Pipeline:
    """A pipeline as it is by default: a person has to agree."""
    return deploy()
