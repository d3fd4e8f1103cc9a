"""What drawing a token costs: `python -m benchmarks.sampling [--rounds 300]`.

Each row is a way to draw, each column a vocabulary: milliseconds of CPU time of one token on one thread, the median of
the rounds. The logits of a round are new. They are those of a language model in their shape: a few tokens stand out of
a wide field. In "flat" none does, so that the filters keep thousands of tokens.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from _random import Random
from pathlib import Path
from typing import Final

import numpy as np

from pilotlight.language.decoders.sampler_graph import write_sampler
from pilotlight_runtime.datatypes import FP32
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.language.generation.memory import allocate
from pilotlight_runtime.language.generation.penalties import Penalties
from pilotlight_runtime.language.generation.picking import pick
from pilotlight_runtime.language.generation.sampler import Sampler
from pilotlight_runtime.language.types import Sampling

VOCABULARIES: Final = (49_152, 151_936)
PROMPT: Final = 500
"""Tokens that the penalties count."""
WAYS: Final = {
    "greedy": Sampling(temperature=0.0),
    "temperature": Sampling(temperature=0.8),
    "top-p 0.9": Sampling(temperature=0.8, top_p=0.9),
    "top-k 40, top-p 0.95, min-p 0.05": Sampling(temperature=0.8, top_p=0.95, top_k=40, min_p=0.05),
    "top-p 0.9, all penalties": Sampling(
        temperature=0.8, top_p=0.9, repetition_penalty=1.1, presence_penalty=0.5, frequency_penalty=0.2
    ),
    "flat, temperature": Sampling(temperature=1.0),
    "flat, top-p 0.9": Sampling(temperature=1.0, top_p=0.9),
}


def measure(sampling: Sampling, vocabulary: int, rounds: int, *, flat: bool) -> float:
    """The median milliseconds of CPU time of one token."""
    random = np.random.default_rng(5)
    logits = allocate(FP32, (1, vocabulary))
    values = np.frombuffer(logits.buffer, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        write_sampler(Path(folder), vocabulary)
        sampler = Sampler(open_session(Path(folder) / "model.onnx", 1), logits)
    penalties = Penalties(sampling, random.integers(0, vocabulary, PROMPT).tolist(), sampler.adjustments)
    share, took = Random(1).random, []
    for _ in range(rounds):
        values[:] = random.standard_normal(vocabulary, np.float32) * 2.5
        if not flat:
            values[random.integers(0, vocabulary, 40)] += np.linspace(12, 4, 40, dtype=np.float32)
        began = time.process_time()
        token = pick(sampler, sampling, share)
        penalties.count(token)
        took.append(time.process_time() - began)
    return statistics.median(took) * 1000


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description="Measure what drawing a token costs.")
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    print(f"{'ms a token':34}" + "".join(f"{vocabulary:>12,}" for vocabulary in VOCABULARIES))
    for name, sampling in WAYS.items():
        found = [measure(sampling, size, rounds, flat=name.startswith("flat")) for size in VOCABULARIES]
        print(f"{name:34}" + "".join(f"{each:>12.3f}" for each in found))


if __name__ == "__main__":
    main()
