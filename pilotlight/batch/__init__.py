"""Training on AWS Batch, as the one who submits sees it. Here nothing imports boto3: AWS comes in through Protocols.

settings.py    what the deployed stack says: queue, job definition, repository
identity.py    which run it is: a digest of code, data and settings
queues.py      the queue, its compute environments and their quotas
checks.py      what would keep a run from starting, before anything is paid for
definition.py  the stack's job definition with the image of the present code
claims.py      of several submitters at once, one submits
submit.py      a job, unless one of the same run is under way
jobs.py        a job and its attempts
waiting.py     why it waits
follow.py      its log
watch.py       all of it until it ends
endings.py     why it failed
machines.py    instances
pricelist.py   what they cost an hour
cost.py        what a run may cost, and has cost
records.py     what the store holds of runs
protocol.py    AWS and the store, as this room sees them
"""

from pilotlight.batch.checks import Vcpus, checked_queue, read_vcpus
from pilotlight.batch.claims import Claims, iso
from pilotlight.batch.cost import Cost, attempts_of, estimate, minutes, seconds_of, stated
from pilotlight.batch.definition import check_store, needs_of, read_pattern
from pilotlight.batch.endings import CANCEL_REASON, failure, no_result
from pilotlight.batch.identity import data_identity, local_data, run_id
from pilotlight.batch.jobs import SUCCEEDED, Job, read_job
from pilotlight.batch.pricelist import PriceList, Range, read_prices
from pilotlight.batch.protocol import Clock, Cloud, Engine, RunFiles, Sleep
from pilotlight.batch.queues import Queue, read_queue
from pilotlight.batch.records import (
    Result,
    RunRecord,
    read_result,
    read_run,
    read_runs,
    record_cost,
    run_names,
    seconds_of_model,
)
from pilotlight.batch.settings import DEFAULT_LOG_GROUP, Settings, read_settings
from pilotlight.batch.submit import Order, Submitted, live_job, submit
from pilotlight.batch.waiting import why_waiting
from pilotlight.batch.watch import JobGone, Watched, Watcher

__all__ = [
    "CANCEL_REASON",
    "DEFAULT_LOG_GROUP",
    "SUCCEEDED",
    "Claims",
    "Clock",
    "Cloud",
    "Cost",
    "Engine",
    "Job",
    "JobGone",
    "Order",
    "PriceList",
    "Queue",
    "Range",
    "Result",
    "RunFiles",
    "RunRecord",
    "Settings",
    "Sleep",
    "Submitted",
    "Vcpus",
    "Watched",
    "Watcher",
    "attempts_of",
    "check_store",
    "checked_queue",
    "data_identity",
    "estimate",
    "failure",
    "iso",
    "live_job",
    "local_data",
    "minutes",
    "needs_of",
    "no_result",
    "read_job",
    "read_pattern",
    "read_prices",
    "read_queue",
    "read_result",
    "read_run",
    "read_runs",
    "read_settings",
    "read_vcpus",
    "record_cost",
    "run_id",
    "run_names",
    "seconds_of",
    "seconds_of_model",
    "stated",
    "submit",
    "why_waiting",
]
