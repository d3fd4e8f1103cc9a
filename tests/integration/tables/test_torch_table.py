"""A sample of the table of PyTorch, and that it has a row for each layer of torch.nn."""

from pathlib import Path

import pytest
from support.torch_modules import import_torch

from benchmarks.tables import torch as table
from benchmarks.tables.case import REFUSED, WORKS, run_case

import_torch()
CASES = {case.name: case for case in table.list_cases()}


@pytest.mark.parametrize("name", ["RReLU", "AdaptiveAvgPool3d", "two inputs, two named outputs", "LSTM classifier"])
def test_what_works(name: str, tmp_path: Path) -> None:
    outcome = run_case(CASES[name], tmp_path)
    assert outcome.status == WORKS, outcome.detail


@pytest.mark.parametrize("name", ["CrossMapLRN2d", "FractionalMaxPool2d"])
def test_what_is_refused_names_the_layer(name: str, tmp_path: Path) -> None:
    outcome = run_case(CASES[name], tmp_path)
    assert outcome.status == REFUSED
    assert name in outcome.detail


def test_every_layer_of_pytorch_has_a_row() -> None:
    assert table.list_public_layers() == {*table.LAYERS, *table.ACTIVATIONS}
