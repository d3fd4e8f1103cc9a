"""Training on AWS Batch, from the side of the person who submits.

Nothing here imports boto3: AWS enters through the Protocols of protocol.py, and pilotlight.aws implements them.

protocol.py        the AWS services and the store's files, as this package uses them
stack_settings.py  what the deployed stack says: queue, job definition, repository
identity.py        the run id: a digest of code, data and settings
queues.py          the job queue, its compute environments and their quotas
checks.py          what would keep a run from starting, found before anything is paid for
job_definition.py  the stack's job definition with the image of the present code
claims.py          of several submitters at once, one submits
submit.py          submits a job, unless one of the same run is active
jobs.py            a job and its attempts
wait_reasons.py    why a job waits in the queue
wait_watcher.py    shows that reason again whenever it changes
log_stream.py      the log of a job
watcher.py         follows a job until it ends
failures.py        why a job failed
instances.py       EC2 instances and instance types
money.py           ranges of US dollars
prices.py          what the instance types cost an hour
cost.py            what a run may cost, and what it has cost
durations.py       seconds as text
run_record.py      a run's record and its result
records.py         reads what the store holds about runs
record_files.py    reads and writes the JSON files of a run
"""

from pilotlight.batch.checks import VcpuQuotas, check_submission, read_vcpu_quotas
from pilotlight.batch.claims import Claims
from pilotlight.batch.cost import RunCost, compute_cost, describe_estimate
from pilotlight.batch.durations import format_duration
from pilotlight.batch.failures import CANCEL_REASON, build_failure_error, build_missing_result_error
from pilotlight.batch.identity import check_data_in_s3, compute_run_id, identify_data
from pilotlight.batch.job_definition import check_store, read_base_definition, read_requirements
from pilotlight.batch.jobs import SUCCEEDED, Job, read_job
from pilotlight.batch.money import DollarRange
from pilotlight.batch.prices import PriceList, read_prices
from pilotlight.batch.protocol import BatchService, Cloud, EpochClock, RunFiles, Sleep
from pilotlight.batch.queues import JobQueue, read_queue
from pilotlight.batch.records import (
    list_run_ids,
    read_last_duration,
    read_result,
    read_run,
    read_runs,
    record_cost,
)
from pilotlight.batch.run_record import RunRecord, RunResult
from pilotlight.batch.stack_settings import DEFAULT_LOG_GROUP, StackSettings, read_stack_settings
from pilotlight.batch.submit import JobSpec, Submission, find_active_job, submit_job
from pilotlight.batch.wait_reasons import describe_wait
from pilotlight.batch.watcher import EndedJob, JobNotFound, JobWatcher

__all__ = [
    "CANCEL_REASON",
    "DEFAULT_LOG_GROUP",
    "SUCCEEDED",
    "BatchService",
    "Claims",
    "Cloud",
    "DollarRange",
    "EndedJob",
    "EpochClock",
    "Job",
    "JobNotFound",
    "JobQueue",
    "JobSpec",
    "JobWatcher",
    "PriceList",
    "RunCost",
    "RunFiles",
    "RunRecord",
    "RunResult",
    "Sleep",
    "StackSettings",
    "Submission",
    "VcpuQuotas",
    "build_failure_error",
    "build_missing_result_error",
    "check_data_in_s3",
    "check_store",
    "check_submission",
    "compute_cost",
    "compute_run_id",
    "describe_estimate",
    "describe_wait",
    "find_active_job",
    "format_duration",
    "identify_data",
    "list_run_ids",
    "read_base_definition",
    "read_job",
    "read_last_duration",
    "read_prices",
    "read_queue",
    "read_requirements",
    "read_result",
    "read_run",
    "read_runs",
    "read_stack_settings",
    "read_vcpu_quotas",
    "record_cost",
    "submit_job",
]
