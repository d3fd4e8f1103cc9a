"""What a deployed stack says about training: its queue, its job definition, its repository, its log group."""

from typing import Final, NamedTuple

from pilotlight.batch.protocol import Stacks
from pilotlight.core.errors import RunError

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where AWS Batch writes what no job definition sends elsewhere."""

_ONE_NODE: Final = ("TrainingQueue", "TrainingJobDefinition")
_SEVERAL_NODES: Final = ("TrainingNodeQueue", "TrainingNodeJobDefinition")
_REPOSITORY: Final = "TrainingRepository"
_DEPLOY: Final = "Run `sam deploy --parameter-overrides Training=on` with the stack's other parameters"


class Settings(NamedTuple):
    """queue: its name or ARN. definition: the job definition that is the pattern. repository: of ECR, without a tag.

    log_group: of CloudWatch Logs.
    """

    stack: str
    queue: str
    definition: str
    repository: str
    log_group: str


def read_settings(stacks: Stacks, stack: str, region: str, *, nodes: bool = False) -> Settings:
    """The settings that the outputs of `stack` give; RunError where there is no stack or training is off in it.

    nodes: those of runs over several instances; RunError where the stack has none.
    """
    outputs = stacks.outputs(stack)
    if outputs is None:
        hint = f'{_DEPLOY}, set AWS_REGION to where it is, or name it in pilotlight.toml: [batch] stack = "NAME".'
        raise RunError(f"stack {stack}", f"is not deployed in {region or 'this region'}", hint)
    missing = [name for name in (*_ONE_NODE, _REPOSITORY) if not outputs.get(name)]
    if missing:
        raise RunError(
            f"stack {stack}",
            f"training is not deployed here: it has no output {' and no '.join(missing)}",
            f"{_DEPLOY}.",
        )
    wanted = _SEVERAL_NODES if nodes else _ONE_NODE
    if not all(outputs.get(name) for name in wanted):
        hint = "Deploy it with Nodes=2 or more (TrainingNodes of template.yaml), or leave --nodes out."
        raise RunError(f"stack {stack}", "has no queue for runs over several instances", hint)
    queue, definition = (outputs[name] for name in wanted)
    return Settings(
        stack, queue, definition, outputs[_REPOSITORY], outputs.get("TrainingLogGroup") or DEFAULT_LOG_GROUP
    )
