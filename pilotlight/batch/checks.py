"""What would keep a run from starting, found before anything is paid for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import NamedTuple

from pilotlight.batch.protocol import Cloud, Images
from pilotlight.batch.protocol import Quotas as QuotasOf
from pilotlight.batch.queues import Environment, Queue, quotas_of
from pilotlight.batch.settings import Settings
from pilotlight.batch.waiting import what_is_wrong
from pilotlight.core.errors import RunError

_NOTHING = "nothing was submitted"


class Vcpus(NamedTuple):
    """known: vCPUs by a quota's code. note: why some could not be read, "" where all were."""

    known: Mapping[str, float]
    note: str


def check_queue(queue: Queue) -> None:
    """RunError where the queue or every compute environment behind it is disabled or invalid."""
    where = f"job queue {queue.name}"
    told = f" ({queue.reason})" if queue.reason else ""
    if not queue.enabled:
        raise RunError(where, "is disabled", f"Enable it, or deploy the stack again; {_NOTHING}.")
    if queue.status == "INVALID":
        raise RunError(where, f"is INVALID{told}", f"Mend that, or deploy the stack again; {_NOTHING}.")
    if not any(environment.usable for environment in queue.environments):
        wrong = "; ".join(what_is_wrong(environment) for environment in queue.environments) or "it has none"
        raise RunError(where, f"no compute environment can start a job: {wrong}", f"Mend one of them; {_NOTHING}.")


def check_image(images: Images, settings: Settings, tag: str) -> None:
    """RunError where the image of the present code has not been pushed."""
    if not images.has(settings.repository, tag):
        raise RunError(
            f"image {settings.repository}:{tag}",
            "has not been pushed: the code has changed since, or never was an image",
            f"Run `pilotlight image build` and `pilotlight image push`; {_NOTHING}.",
        )


def read_vcpus(quotas: QuotasOf, environments: Iterable[Environment]) -> Vcpus:
    """The GPU quotas of some environments, as far as they may be read."""
    known: dict[str, float] = {}
    note = ""
    for quota in quotas_of(environments):
        try:
            value = quotas.value(quota.code)
        except RunError as error:
            return Vcpus(known, f"the quota of GPU instances was not checked: {error.what}. {error.hint}")
        if value is not None:
            known[quota.code] = value
        else:
            note = f"the quota of GPU instances was not checked: {quota.name} ({quota.code}) is not told"
    return Vcpus(known, note)


def check_vcpus(known: Mapping[str, float], queue: Queue, vcpus: float, region: str) -> None:
    """RunError where each compute environment's GPU quota is known and holds not even this job."""
    usable = [environment for environment in queue.environments if environment.usable]
    quotas = quotas_of(usable)
    bounded = all(environment.quotas for environment in usable)
    if not usable or not bounded or any(known.get(quota.code, inf) >= max(vcpus, 1) for quota in quotas):
        return
    told = ", ".join(f"{quota.name} ({quota.code}) {known[quota.code]:g}" for quota in quotas)
    here = region or "this region"
    hint = "Ask for more vCPUs in the console of Service Quotas, under Amazon EC2; AWS may take days to answer."
    raise RunError(
        f"job queue {queue.name}",
        f"the account may not run a job of {vcpus:g} vCPUs on GPU instances in {here}: its quotas are {told}",
        f"{hint} {_NOTHING.capitalize()}.",
    )


def checked_queue(cloud: Cloud, settings: Settings, queue: Queue, tag: str, vcpus: float) -> Vcpus:
    """Every check of a queue, the image and the quotas; what is known of the quotas."""
    check_queue(queue)
    check_image(cloud.images, settings, tag)
    found = read_vcpus(cloud.quotas, queue.environments)
    check_vcpus(found.known, queue, vcpus, cloud.region)
    return found
