"""What a deployed stack says about training: its queue, its job definition, its repository, its log group."""

from typing import Final, NamedTuple

from pilotlight.batch.protocol import Stacks
from pilotlight.core.errors import RunError

DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
"""Where AWS Batch writes logs that no job definition sends elsewhere."""

_ONE_NODE: Final = ("TrainingQueue", "TrainingJobDefinition")
_SEVERAL_NODES: Final = ("TrainingNodeQueue", "TrainingNodeJobDefinition")
_REPOSITORY: Final = "TrainingRepository"
_DEPLOY: Final = "Run `sam deploy --parameter-overrides Training=on` with the stack's other parameters"


class StackSettings(NamedTuple):
    """The outputs of a stack that training needs.

    Attributes:
        stack: The stack's name.
        queue: The job queue's name or ARN.
        definition: The job definition that jobs are derived from.
        repository: The ECR repository, without a tag.
        log_group: The log group in CloudWatch Logs.
    """

    stack: str
    queue: str
    definition: str
    repository: str
    log_group: str


def read_stack_settings(stacks: Stacks, stack: str, region: str, *, nodes: bool = False) -> StackSettings:
    """Read the settings from the outputs of a stack.

    Args:
        stacks: CloudFormation.
        stack: The stack's name.
        region: For messages; "" where it is unknown.
        nodes: Whether to read the settings of runs over several instances.

    Raises:
        RunError: There is no such stack, or training, or training over several instances, is not deployed in it.
    """
    outputs = stacks.read_outputs(stack)
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
    required = _SEVERAL_NODES if nodes else _ONE_NODE
    if not all(outputs.get(name) for name in required):
        hint = "Deploy it with Nodes=2 or more (TrainingNodes of template.yaml), or leave --nodes out."
        raise RunError(f"stack {stack}", "has no queue for runs over several instances", hint)
    queue, definition = (outputs[name] for name in required)
    log_group = outputs.get("TrainingLogGroup") or DEFAULT_LOG_GROUP
    return StackSettings(stack, queue, definition, outputs[_REPOSITORY], log_group)
