"""What is compared: each stack's files are in benchmarks/stacks/<folder>, its packages in requirements.txt there."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "stacks"

FUNCTION: Final = "function"
SERVER: Final = "server"


class Stack(NamedTuple):
    """name: also on the command line. title: for people. kind: FUNCTION or SERVER.

    folder: its files, "" for what `pilotlight package` makes. compiled: with .pyc files beside the sources, without
    which a read-only file system has Python compile everything at each start. own_client: under Pilotlight's runtime
    client; all other functions run under AWS's.
    """

    name: str
    title: str
    kind: str
    folder: str
    compiled: bool = True
    own_client: bool = False


BEFORE: Final = Stack("before", "Pilotlight as it was, under AWS's client", FUNCTION, "")
"""An earlier commit of this repository; `benchmarks.run --before COMMIT` adds it."""

STACKS: Final = (
    Stack("control", "control: a handler that does nothing", FUNCTION, "control"),
    Stack("pilotlight", "Pilotlight", FUNCTION, "", own_client=True),
    Stack("pilotlight-aws", "Pilotlight under AWS's client", FUNCTION, ""),
    Stack("floor", "floor: numpy + onnxruntime + orjson", FUNCTION, "floor"),
    Stack("tutorial-compiled", "tutorial, byte-compiled", FUNCTION, "tutorial"),
    Stack("tutorial", "tutorial: onnxruntime, Powertools, boto3", FUNCTION, "tutorial", compiled=False),
    Stack("tensorflow", "TensorFlow in the function", FUNCTION, "tensorflow"),
    Stack("fastapi", "FastAPI + uvicorn", SERVER, "fastapi"),
    Stack("litserve", "LitServe", SERVER, "litserve"),
    Stack("mlserver", "MLServer", SERVER, "mlserver"),
    Stack("bentoml", "BentoML", SERVER, "bentoml"),
)


def chosen(names: list[str]) -> list[Stack]:
    """The stacks of these names, all where none is named; SystemExit names the ones there are."""
    known = {stack.name: stack for stack in STACKS}
    for name in names:
        if name not in known:
            raise SystemExit(f"{name}: there is no such stack. Choose from {', '.join(known)}.")
    return [stack for stack in STACKS if not names or stack.name in names]
