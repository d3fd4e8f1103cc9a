from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from moto import mock_aws
from moto.batch_simple.models import batch_simple_backends
from moto.codebuild.models import codebuild_backends
from support.moto_infra import ACCOUNT, REGION, PlayedBatch, PlayedBuilds
from support.pipeline_stack import Pipeline, Pipelines, Stacks, create_machine, deploy_stacks, running_pipeline


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
    """The stacks, deployed once: a test gets an inbox and an empty store of its own."""
    assert played_aws is None
    return deploy_stacks(request.config.rootpath)


@pytest.fixture(scope="module")
def machine_with(stacks: Stacks) -> Callable[..., str]:
    """The ARN of a state machine with given parameters; each is made once, which takes longer than running it."""
    made: dict[tuple[tuple[str, str], ...], str] = {}

    def machine(**changed: str) -> str:
        key = tuple(sorted(changed.items()))
        if key not in made:
            made[key] = create_machine(stacks, f"machine-{len(made)}", **changed)
        return made[key]

    return machine


@pytest.fixture
def pipeline_with(stacks: Stacks, machine_with: Callable[..., str]) -> Iterator[Pipelines]:
    """Makes the test's pipeline, with parameters of the machine's. No two executions of a module share a name."""
    with ExitStack() as running:
        yield lambda **changed: running.enter_context(running_pipeline(stacks, machine_with(**changed)))


@pytest.fixture
def automatic(pipeline_with: Pipelines) -> Pipeline:
    """A pipeline that deploys what passed the gate."""
    return pipeline_with(Approval="automatic")


@pytest.fixture
def approved(pipeline_with: Pipelines) -> Pipeline:
    """A pipeline as it is by default: a person has to agree."""
    return pipeline_with()
