"""The tabular functions reach their marks: medians over eleven seeds, each with a held-out part of its own."""

from functools import partial
from pathlib import Path

import pytest

from pilotlight.core.project import Project
from pilotlight.pipeline.seeds import fit_seeds
from pilotlight.training import Run, fit

ROOT = Path(__file__).parents[3]
SEEDS = 11


@pytest.mark.parametrize(
    ("name", "mark"),
    [("tumor", 0.97), ("progression", 0.45), ("cultivar", 0.97), ("species", 0.94), ("segments", 0.85)],
)
def test_the_median_reaches_its_mark(name: str, mark: float) -> None:
    project = Project(ROOT, "")
    config = project.config(name)
    given = config.training
    labels = config.labels.names if config.labels else ()
    run = Run(given.data, given.epochs, given.batch_size, given.learning_rate, given.seed, labels=labels)
    _, scores = fit_seeds(partial(fit, project.folder(name), config), config, run, SEEDS)
    assert scores is not None
    assert len(scores.by_seed) == SEEDS
    assert scores.median >= mark
