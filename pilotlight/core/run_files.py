"""What a training run keeps in the store beside the versions, and what its exit code says.

    .runs/<run>/run.json             what was asked for, written once by who submits it
    .runs/<run>/claims/<n>.json      who submits it, so that two who ask at once pay for one job
    .runs/<run>/jobs/<job>.json      one job of an engine that tried it, written once
    .runs/<run>/costs/<job>.json     what that job cost, written once by who watched its end
    .runs/<run>/checkpoints/…        what an interrupted run goes on from; removed once it has succeeded
    .runs/<run>/nodes/<job>/<index>  the address of one node of a multi-node job, written once by itself
    .runs/<run>/result.json          what it made, written once by the run itself; its presence means success

A model cannot be called .runs, so versions and runs never meet. A run is named by the first 12 hex digits of the digest
of what decides its result, so the same code, data and settings are the same run.
"""

from typing import Final

RUNS: Final = ".runs"
RUN_NAME: Final = "run.json"
RESULT_NAME: Final = "result.json"
JOBS: Final = "jobs"
CHECKPOINTS: Final = "checkpoints"
NODES: Final = "nodes"


def run_key(run: str, name: str = "") -> str:
    """The blob `name` of `run`, or the prefix of all of them."""
    return f"{RUNS}/{run}/{name}"
