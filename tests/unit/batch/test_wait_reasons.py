"""Why a job waits: every reason that the AWS Batch User Guide lists under "Jobs stuck in a RUNNABLE status"."""

from typing import Any

import pytest
from support.batch_descriptions import environment, job
from support.scripted_batch import ScriptedBatch

from pilotlight.batch import describe_wait, read_job, read_queue

SPOT_G, ON_DEMAND_G = "L-3819A6DF", "L-DB2E81BA"
ON_DEMAND = environment("gpu-on-demand", type="EC2")


def why(
    *environments: dict[str, Any],
    reason: str = "",
    queue: dict[str, Any] | None = None,
    quotas: dict[str, float] | None = None,
    seconds: float = 60.0,
) -> str:
    engine = ScriptedBatch(environments=environments, queue_changes=queue)
    found = read_queue(engine, "training", "eu-west-1")
    described = job("RUNNABLE", **({"statusReason": reason} if reason else {}))
    return describe_wait(read_job(described), found, quotas or {}, seconds)


def test_a_young_job_waits_for_an_instance() -> None:
    assert why(environment()) == "it waits for an instance, which takes some minutes to start"


def test_after_a_quarter_of_an_hour_there_is_advice() -> None:
    assert why(environment(), seconds=16 * 60) == (
        "it waits for an instance; it has waited 16 min, so add GPU families in infra/training.yaml, or "
        "on-demand instances behind the spot ones"
    )


def test_a_disabled_queue() -> None:
    assert why(environment(), queue={"state": "DISABLED"}) == (
        "the job queue training is disabled, and starts nothing until it is enabled"
    )


def test_environments_that_cannot_start_anything() -> None:
    text = "CLIENT_ERROR - Not authorized to perform sts:AssumeRole"
    assert why(environment(status="INVALID", statusReason=text), environment("other", state="DISABLED")) == (
        f"no compute environment can start it: gpu-spot is INVALID ({text}); other is disabled"
    )


def test_more_vcpus_than_any_environment_may_have() -> None:
    assert why(environment(maxvCpus=2), environment("other", maxvCpus=0)) == (
        "it requests 4 vCPUs, more than any compute environment may have (gpu-spot 2, other 0)"
    )


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher than that can be met",
            "no instance type of the compute environments has what the job requests",
        ),
        ("MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - too small", "raise the maxvCpus"),
        ("MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - denied", "the service role of the compute environments lacks"),
        ("MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - no", "check the launch template"),
        ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill", "AWS has no such instance free"),
    ],
)
def test_what_batch_says_is_told_with_what_to_do(reason: str, advice: str) -> None:
    found = why(environment(), reason=reason)
    assert found.startswith(f"AWS Batch says {reason}; {advice}")
    assert "it has waited" not in found


def test_capacity_that_stays_away() -> None:
    reason = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested"
    assert "it has waited 20 min, so add GPU families" in why(environment(), reason=reason, seconds=1200)


def test_a_reason_that_nobody_foresaw_is_told_as_it_is() -> None:
    assert why(environment(), reason="UNDETERMINED") == "AWS Batch says UNDETERMINED"


def test_quotas_that_are_too_small() -> None:
    assert why(environment(), ON_DEMAND, quotas={SPOT_G: 0, ON_DEMAND_G: 2}) == (
        "the account's vCPU quotas are too small: All G and VT Spot Instance Requests is 0, Running On-Demand G and VT "
        "instances is 2; request more in Service Quotas, under Amazon EC2"
    )


@pytest.mark.parametrize("quotas", [{SPOT_G: 0, ON_DEMAND_G: 4}, {SPOT_G: 0}, {}])
def test_one_quota_that_suffices_or_is_not_known_is_enough(quotas: dict[str, float]) -> None:
    assert why(environment(), ON_DEMAND, quotas=quotas).startswith("it waits for an instance")
