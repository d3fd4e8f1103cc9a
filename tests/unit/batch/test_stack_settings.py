from collections.abc import Mapping

import pytest

from pilotlight.batch import StackSettings, read_stack_settings
from pilotlight.core.errors import RunError

ONE = {"TrainingQueue": "q", "TrainingJobDefinition": "d", "TrainingRepository": "r", "TrainingLogGroup": "/logs"}
SEVERAL = {**ONE, "TrainingNodeQueue": "nq", "TrainingNodeJobDefinition": "nd"}


class Deployed:
    """Stacks with one in it."""

    def __init__(self, outputs: Mapping[str, str] | None) -> None:
        self._outputs = outputs

    def read_outputs(self, stack: str) -> Mapping[str, str] | None:
        assert stack == "s"
        return self._outputs


def test_a_run_takes_one_instance_or_several_of_the_same_stack() -> None:
    assert read_stack_settings(Deployed(SEVERAL), "s", "eu") == StackSettings("s", "q", "d", "r", "/logs")
    assert read_stack_settings(Deployed(SEVERAL), "s", "eu", nodes=True) == StackSettings("s", "nq", "nd", "r", "/logs")


@pytest.mark.parametrize(
    ("outputs", "nodes", "why"),
    [
        (None, False, "is not deployed in eu"),
        ({}, False, "no output TrainingQueue and no TrainingJobDefinition and no TrainingRepository"),
        (ONE, True, "has no queue for runs over several instances. Deploy it with Nodes=2"),
    ],
)
def test_what_is_not_deployed_is_said(outputs: Mapping[str, str] | None, nodes: bool, why: str) -> None:  # noqa: FBT001
    with pytest.raises(RunError, match=why):
        read_stack_settings(Deployed(outputs), "s", "eu", nodes=nodes)
