"""The job definition of the present code: the stack's own with another image, and the job that is made of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

from pilotlight.batch.jobs import Needs, read_needs
from pilotlight.batch.protocol import Description, Engine
from pilotlight.core.errors import RunError
from pilotlight.core.project import STORE_VARIABLE

_REGISTERED: Final = (
    *("jobDefinitionName", "type", "parameters", "schedulingPriority", "containerProperties", "nodeProperties"),
    *("retryStrategy", "propagateTags", "timeout", "tags", "platformCapabilities"),
)
"""What RegisterJobDefinition takes of what DescribeJobDefinitions gives."""


def read_pattern(engine: Engine, name: str) -> Description:
    """The stack's job definition; RunError where there is none, or it runs elsewhere than in ECS containers."""
    pattern = engine.definition(name)
    if pattern is None:
        raise RunError(f"job definition {name}", "does not exist", "Deploy the stack again; nothing was submitted.")
    if not containers(pattern):
        hint = "Deploy the stack's own job definition again; nothing was submitted."
        raise RunError(f"job definition {name}", "has no containerProperties and no nodeProperties", hint)
    return pattern


def containers(definition: Description) -> list[dict[str, Any]]:
    """The containers of a job definition, or of the request for one: one, or one a range of nodes."""
    if definition.get("containerProperties"):
        return [definition["containerProperties"]]
    ranges = (definition.get("nodeProperties") or {}).get("nodeRangeProperties") or []
    return [nodes["container"] for nodes in ranges if nodes.get("container")]


def check_store(pattern: Description, store: str) -> None:
    """RunError where a container of `pattern` publishes elsewhere than into `store`, where the run is looked for."""
    ours = store.rstrip("/")
    for container in containers(pattern):
        environ = {item.get("name"): item.get("value", "") for item in container.get("environment") or ()}
        theirs = str(environ.get(STORE_VARIABLE, ""))
        if theirs.rstrip("/") != ours:
            told = f"publishes into {theirs}" if theirs else f"names no store in its {STORE_VARIABLE}"
            hint = f"Set {STORE_VARIABLE}={theirs}" if theirs else "Give it this store"
            more = ", or deploy the stack with this store" if theirs else " by deploying the stack with it"
            raise RunError(
                f"job definition {pattern.get('jobDefinitionName', '')}",
                f"{told}, while the store here is {ours}: the run would not be found",
                f"{hint}{more}; nothing was submitted.",
            )


def needs_of(definition: Description) -> Needs:
    """What its first container asks for."""
    return read_needs(containers(definition)[0])


def with_image(pattern: Description, image: str) -> dict[str, Any]:
    """The request that registers `pattern` with another image.

    CloudFormation's own tags begin with aws:, which only AWS may write.
    """
    request = {key: copy.deepcopy(pattern[key]) for key in _REGISTERED if pattern.get(key)}
    tags = {key: value for key, value in request.pop("tags", {}).items() if not key.startswith("aws:")}
    for container in containers(request):
        container["image"] = image
    return {**request, "tags": tags} if tags else request


def revision_for(engine: Engine, pattern: Description, image: str) -> str:
    """The ARN of an active revision that is `pattern` with `image`; it is registered where there is none.

    Where the stack has changed its pattern since, an earlier revision with this image is not taken.
    """
    request = with_image(pattern, image)
    for revision in engine.revisions(pattern["jobDefinitionName"]):
        if {**with_image(revision, image), "tags": None} == {**request, "tags": None} and _images(revision) == {image}:
            return str(revision["jobDefinitionArn"])
    return engine.register(request)


def job_request(
    pattern: Description, *, revision: str, queue: str, name: str, arguments: Sequence[str]
) -> dict[str, Any]:
    """The request that submits a job of `revision` for the arguments of `python -m pilotlight.training`."""
    request: dict[str, Any] = {"jobName": name, "jobQueue": queue, "jobDefinition": revision, "propagateTags": True}
    command = [*_beginning(pattern), *arguments]
    if pattern.get("containerProperties"):
        return {**request, "containerOverrides": {"command": command}}
    overrides = [{"targetNodes": "0:", "containerOverrides": {"command": command}}]
    return {**request, "nodeOverrides": {"nodePropertyOverrides": overrides}}


def _beginning(pattern: Description) -> list[str]:
    """The pattern's command up to what a job says itself: Ref::name, or an option. Empty where the image begins it."""
    command = [str(word) for word in containers(pattern)[0].get("command") or ()]
    said = [place for place, word in enumerate(command) if word.startswith(("Ref::", "--"))]
    return command[: said[0]] if said else command


def _images(definition: Description) -> set[str]:
    return {container.get("image", "") for container in containers(definition)}
