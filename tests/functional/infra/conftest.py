from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import pytest
from moto import mock_aws
from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends
from support.moto_infra import ACCOUNT, REGION, PlayedBatch, PlayedBuilds
from support.pipeline_stack import Pipeline, Pipelines, Stacks, deploy_stacks, running_pipeline

NUMBERS = count(1)


@pytest.fixture(scope="module")
def played_aws() -> Iterator[None]:
    """moto with played containers and builds."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "batch": {"use_docker": False}}):
        batch_simple_backends[ACCOUNT][REGION] = PlayedBatch(REGION, ACCOUNT)
        codebuild_backends[ACCOUNT][REGION] = PlayedBuilds(REGION, ACCOUNT)
        yield
        # Other tests get moto's own back.
        del batch_simple_backends[ACCOUNT][REGION]
        del codebuild_backends[ACCOUNT][REGION]


@pytest.fixture(scope="module")
def stacks(played_aws: None, request: pytest.FixtureRequest) -> Stacks:
    """The stacks, deployed once: a test gets a state machine, an inbox and a store of its own."""
    assert played_aws is None
    return deploy_stacks(request.config.rootpath)


@pytest.fixture
def pipeline_with(stacks: Stacks) -> Iterator[Pipelines]:
    """Makes the test's pipeline, with parameters of the machine's."""
    with ExitStack() as running:
        yield lambda **changed: running.enter_context(running_pipeline(stacks, f"machine-{next(NUMBERS)}", **changed))


@pytest.fixture
def automatic(pipeline_with: Pipelines) -> Pipeline:
    """A pipeline that deploys what passed the gate."""
    return pipeline_with(Approval="automatic")


@pytest.fixture
def approved(pipeline_with: Pipelines) -> Pipeline:
    """A pipeline as it is by default: a person has to agree."""
    return pipeline_with()
