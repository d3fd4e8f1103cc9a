"""The job definition of the present code: the stack's own with another image, and the job that is made of it.

The base definition is the stack's. Each image gets a revision of it.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Final

from pilotlight.batch.jobs import ResourceRequirements, read_container_requirements
from pilotlight.batch.protocol import BatchService, Description
from pilotlight.core.errors import RunError
from pilotlight.core.project import STORE_VARIABLE

_REGISTERED: Final = (
    *("jobDefinitionName", "type", "parameters", "schedulingPriority", "containerProperties", "nodeProperties"),
    *("retryStrategy", "propagateTags", "timeout", "tags", "platformCapabilities"),
)
"""The fields of DescribeJobDefinitions that RegisterJobDefinition takes."""


def read_base_definition(batch: BatchService, name: str) -> Description:
    """Return the stack's job definition.

    Raises:
        RunError: There is none, or its jobs do not run in ECS containers.
    """
    base = batch.describe_definition(name)
    if base is None:
        raise RunError(f"job definition {name}", "does not exist", "Deploy the stack again; nothing was submitted.")
    if not list_containers(base):
        hint = "Deploy the stack's own job definition again; nothing was submitted."
        raise RunError(f"job definition {name}", "has no containerProperties and no nodeProperties", hint)
    return base


def list_containers(definition: Description) -> list[dict[str, Any]]:
    """Return the containers of a job definition, or of the request for one: one, or one for each range of nodes."""
    if definition.get("containerProperties"):
        return [definition["containerProperties"]]
    ranges = (definition.get("nodeProperties") or {}).get("nodeRangeProperties") or []
    return [nodes["container"] for nodes in ranges if nodes.get("container")]


def check_store(base: Description, store: str) -> None:
    """Check that every container of `base` publishes into `store`, where the run is looked for.

    Raises:
        RunError: A container publishes elsewhere, or knows no store.
    """
    ours = store.rstrip("/")
    for container in list_containers(base):
        environ = {item.get("name"): item.get("value", "") for item in container.get("environment") or ()}
        theirs = str(environ.get(STORE_VARIABLE, ""))
        if theirs.rstrip("/") == ours:
            continue
        if theirs:
            what, hint = (
                f"publishes into {theirs}",
                f"Set {STORE_VARIABLE}={theirs}, or deploy the stack with this store",
            )
        else:
            what, hint = f"sets no {STORE_VARIABLE}", "Deploy the stack with this store"
        raise RunError(
            f"job definition {base.get('jobDefinitionName', '')}",
            f"{what}, while the store here is {ours}: the run would not be found",
            f"{hint}; nothing was submitted.",
        )


def read_requirements(definition: Description) -> ResourceRequirements:
    """Return what the first container of a job definition requests."""
    return read_container_requirements(list_containers(definition)[0])


def replace_image(base: Description, image: str) -> dict[str, Any]:
    """Return the request that registers `base` with another image.

    CloudFormation's own tags begin with aws:, which only AWS may write. They are left out.
    """
    request = {key: copy.deepcopy(base[key]) for key in _REGISTERED if base.get(key)}
    tags = {key: value for key, value in request.pop("tags", {}).items() if not key.startswith("aws:")}
    for container in list_containers(request):
        container["image"] = image
    return {**request, "tags": tags} if tags else request


def ensure_revision(batch: BatchService, base: Description, image: str) -> str:
    """Return the ARN of an active revision that is `base` with `image`; register one where there is none.

    An earlier revision with this image is not used where the stack has changed its definition since.
    """
    request = replace_image(base, image)
    for revision in batch.list_revisions(base["jobDefinitionName"]):
        same = {**replace_image(revision, image), "tags": None} == {**request, "tags": None}
        if same and _list_images(revision) == {image}:
            return str(revision["jobDefinitionArn"])
    return batch.register_definition(request)


def build_job_request(
    base: Description, *, revision: str, queue: str, name: str, arguments: Sequence[str]
) -> dict[str, Any]:
    """Return the request that submits a job.

    Args:
        base: The stack's job definition.
        revision: The ARN of the revision to run.
        queue: The job queue's name.
        name: The job's name.
        arguments: The arguments of `python -m pilotlight.training`.
    """
    request: dict[str, Any] = {"jobName": name, "jobQueue": queue, "jobDefinition": revision, "propagateTags": True}
    command = [*_read_command_start(base), *arguments]
    if base.get("containerProperties"):
        return {**request, "containerOverrides": {"command": command}}
    overrides = [{"targetNodes": "0:", "containerOverrides": {"command": command}}]
    return {**request, "nodeOverrides": {"nodePropertyOverrides": overrides}}


def _read_command_start(base: Description) -> list[str]:
    """Return the base's command up to the first argument, which is Ref::name or an option.

    It is empty where the image's entry point runs the program.
    """
    command = [str(word) for word in list_containers(base)[0].get("command") or ()]
    arguments = [place for place, word in enumerate(command) if word.startswith(("Ref::", "--"))]
    return command[: arguments[0]] if arguments else command


def _list_images(definition: Description) -> set[str]:
    return {container.get("image", "") for container in list_containers(definition)}
