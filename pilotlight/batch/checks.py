"""What would keep a run from starting, found before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple

from pilotlight.batch.protocol import Cloud, Images, Quotas
from pilotlight.batch.queues import ComputeEnvironment, JobQueue, list_quotas
from pilotlight.batch.stack_settings import StackSettings
from pilotlight.batch.wait_reasons import describe_problem
from pilotlight.core.errors import RunError

_NOTHING = "nothing was submitted"


class VcpuQuotas(NamedTuple):
    """The vCPU quotas of an account.

    Attributes:
        known: vCPUs by the quota's code.
        note: Why some could not be read; "" where all were.
    """

    known: Mapping[str, float]
    note: str


def check_submission(cloud: Cloud, settings: StackSettings, queue: JobQueue, tag: str, vcpus: float) -> VcpuQuotas:
    """Check the queue, the image and the quotas, and return the quotas.

    Args:
        cloud: AWS.
        settings: What the deployed stack says about training.
        queue: The job queue.
        tag: The tag of the image with the present code.
        vcpus: How many vCPUs the job requests.

    Raises:
        RunError: One of them would keep the job from starting.
    """
    check_queue(queue)
    check_image(cloud.images, settings, tag)
    quotas = read_vcpu_quotas(cloud.quotas, queue.environments)
    check_vcpu_quotas(quotas.known, queue, vcpus, cloud.region)
    return quotas


def check_queue(queue: JobQueue) -> None:
    """Raise RunError where the queue, or every compute environment behind it, is disabled or invalid."""
    where = f"job queue {queue.name}"
    reason = f" ({queue.reason})" if queue.reason else ""
    if not queue.enabled:
        raise RunError(where, "is disabled", f"Enable it, or deploy the stack again; {_NOTHING}.")
    if queue.status == "INVALID":
        raise RunError(where, f"is INVALID{reason}", f"Fix the cause, or deploy the stack again; {_NOTHING}.")
    if not any(environment.usable for environment in queue.environments):
        problems = "; ".join(describe_problem(environment) for environment in queue.environments) or "it has none"
        raise RunError(where, f"no compute environment can start a job: {problems}", f"Fix one of them; {_NOTHING}.")


def check_image(images: Images, settings: StackSettings, tag: str) -> None:
    """Raise RunError where the image of the present code has not been pushed."""
    if not images.has(settings.repository, tag):
        raise RunError(
            f"image {settings.repository}:{tag}",
            "is not in the repository: it was never pushed, or the code has changed since",
            f"Run `pilotlight image build` and `pilotlight image push`; {_NOTHING}.",
        )


def read_vcpu_quotas(quotas: Quotas, environments: Iterable[ComputeEnvironment]) -> VcpuQuotas:
    """Read the GPU quotas that limit some compute environments. A quota that cannot be read becomes a note."""
    known: dict[str, float] = {}
    note = ""
    for quota in list_quotas(environments):
        try:
            value = quotas.read_value(quota.code)
        except RunError as error:
            return VcpuQuotas(known, f"the quota of GPU instances was not checked: {error.what}. {error.hint}")
        if value is not None:
            known[quota.code] = value
        else:
            note = f"the quota of GPU instances was not checked: AWS gives no value of {quota.name} ({quota.code})"
    return VcpuQuotas(known, note)


def check_vcpu_quotas(known: Mapping[str, float], queue: JobQueue, vcpus: float, region: str) -> None:
    """Check that the account's quotas allow one job.

    Args:
        known: vCPUs by the quota's code.
        queue: The job queue.
        vcpus: How many vCPUs the job requests.
        region: For messages; "" where it is unknown.

    Raises:
        RunError: The GPU quota of every usable compute environment is known, and none allows this job.
    """
    usable = [environment for environment in queue.environments if environment.usable]
    quotas = list_quotas(usable)
    limited = all(environment.quotas for environment in usable)
    if not usable or not limited or any(known.get(quota.code, inf) >= max(vcpus, 1) for quota in quotas):
        return
    values = ", ".join(f"{quota.name} ({quota.code}) {known[quota.code]:g}" for quota in quotas)
    hint = "Request more vCPUs in the console of Service Quotas, under Amazon EC2; AWS may take days to answer."
    raise RunError(
        f"job queue {queue.name}",
        f"the account's quotas in {region or 'this region'} are too small for a job of {vcpus:g} vCPUs on GPU "
        f"instances: {values}",
        f"{hint} {_NOTHING.capitalize()}.",
    )
