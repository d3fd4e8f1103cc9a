"""The files of a training run in the store, beside the versions.

    .runs/<run>/run.json             what was requested, written once by the submitter
    .runs/<run>/claims/<n>.json      who submits the run, so that two submitters at once start and pay for one job
    .runs/<run>/jobs/<job>.json      one job that tried the run, written once
    .runs/<run>/costs/<job>.json     the cost of that job, written once by the client that watched its end
    .runs/<run>/checkpoints/…        where an interrupted run resumes; removed once the run has succeeded
    .runs/<run>/nodes/<job>/<index>  the address of one node of a multi-node job, written once by the node
    .runs/<run>/result.json          the result, written once by the run; its presence means success

No model can have the name .runs, so versions and runs never collide. The name of a run is the first 12 hexadecimal
digits of a digest of everything that decides its result. The same code, data and settings are therefore the same run.
"""

from typing import Final

RUNS: Final = ".runs"
RUN_NAME: Final = "run.json"
RESULT_NAME: Final = "result.json"
JOBS: Final = "jobs"
CHECKPOINTS: Final = "checkpoints"
NODES: Final = "nodes"


def run_key(run: str, name: str = "") -> str:
    """Return the key of a blob of a run.

    Args:
        run: The name of the run.
        name: The blob, relative to the run; "" for the prefix of all its blobs.
    """
    return f"{RUNS}/{run}/{name}"
