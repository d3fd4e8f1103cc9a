"""Who is compared, each with its packages and its form of the same weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.llm.compare import Failure
from benchmarks.llm.contenders import Contender, Round, measure_handler, measure_llama, measure_ours
from benchmarks.llm.figures import OURS
from benchmarks.llm.functions import Function
from benchmarks.llm.genai_model import write_genai_model
from benchmarks.llm.install import PEERS, install_llama, install_packages
from benchmarks.llm.ours import Ours
from benchmarks.llm.requests import PROMPT
from benchmarks.llm.weights import write_q8_0
from pilotlight.core.errors import UserError

GENAI: Final = "genai"
PLAIN: Final = "plain"
LLAMA: Final = "llama"
TITLES: Final = {
    OURS: "Pilotlight, streamed",
    GENAI: "onnxruntime-genai under AWS's client",
    PLAIN: "tokenizers + numpy + onnxruntime under AWS's client",
    LLAMA: "llama.cpp Q8_0 in node",
}

Measure = Callable[[int], Round]
"""One round with so many threads."""


class Workshop(NamedTuple):
    """What contenders are made of.

    Attributes:
        ours: Pilotlight's packaged function.
        gguf: The weights.
        python: Runs the functions.
        folder: For packages and files of the peers.
        install: Whether missing packages may be downloaded.
    """

    ours: Ours
    gguf: Path
    python: Path
    folder: Path
    install: bool


def make_contenders(
    names: Sequence[str], shop: Workshop, say: Callable[[str], None]
) -> tuple[list[Contender], list[Failure]]:
    """Makes those that this machine can run, and says why it cannot run the others."""
    ready, failures = [], []
    for name in names:
        say(f"preparing {name}")
        try:
            ready.append(Contender(name, TITLES[name], _MAKERS[name](shop)))
        except UserError as error:
            failures.append(Failure(name, str(error)))
    return ready, failures


def _ours(shop: Workshop) -> Measure:
    return partial(measure_ours, shop.ours.function)


def _handler(name: str, shop: Workshop) -> Measure:
    model = shop.folder / f"{name}-model"
    write_genai_model(shop.ours.chat, model)
    packages = [
        install_packages(each, shop.folder / "packages", shop.python, install=shop.install) for each in (name, "client")
    ]
    environ = {"BENCH_MODEL": str(model), "BENCH_STOP": str(shop.ours.chat.stop[0])}
    command = (str(shop.python), "-u", "-m", "awslambdaric", "app.handler")
    return partial(measure_handler, Function(command, (PEERS / name, *packages), environ), PROMPT)


def _llama(shop: Workshop) -> Measure:
    folder = install_llama(shop.folder / "packages", install=shop.install)
    model = shop.folder / "q8_0.gguf"
    write_q8_0(shop.gguf, model)
    return partial(measure_llama, folder, model, PROMPT)


_MAKERS: Final[dict[str, Callable[[Workshop], Measure]]] = {
    OURS: _ours,
    GENAI: partial(_handler, GENAI),
    PLAIN: partial(_handler, PLAIN),
    LLAMA: _llama,
}
