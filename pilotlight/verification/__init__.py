"""The gate: the ONNX model must answer as its source does.

metrics.py   what a model is judged by, one table
running.py   named arrays through the session that Lambda uses
compare.py   two sets of named arrays: names, shapes, dtypes, then values
verify.py    the gate itself: all failures, never an exception for a mismatch
behaviour.py the gate for a function with code of its own: what it answers, not what its graphs do
"""

from pilotlight.verification.behaviour import Answer, NoAnswer, verify_behaviour
from pilotlight.verification.metrics import METRICS, check_metric
from pilotlight.verification.running import first_call, run_once, to_tensor
from pilotlight.verification.verify import verify, verify_golden

__all__ = [
    "METRICS",
    "Answer",
    "NoAnswer",
    "check_metric",
    "first_call",
    "run_once",
    "to_tensor",
    "verify",
    "verify_behaviour",
    "verify_golden",
]
