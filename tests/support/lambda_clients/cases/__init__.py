"""The cases, by the heading under which the documentation shows them."""

from typing import Final

from support.lambda_clients.case import Case
from support.lambda_clients.cases import contexts, errors, exits, libraries, outputs, restores, results, starts, streams

GROUPS: Final[dict[str, tuple[Case, ...]]] = {
    "Results": results.CASES,
    "Results that stream": streams.CASES,
    "Errors": errors.CASES,
    "Events and context": contexts.CASES,
    "Logs": outputs.CASES,
    "The start": starts.CASES,
    "SnapStart": restores.CASES,
    "The end of the process": exits.CASES,
    "Libraries and processes": libraries.CASES,
}
