"""The data source that train.py sees, from model.toml and from the options."""

import os
from pathlib import Path

import pytest

from pilotlight import Project
from pilotlight.core.model_config import ModelConfig
from pilotlight.core.options import TrainingSettings
from pilotlight.workflows.context import Context
from pilotlight.workflows.prepare_run import resolve_run


@pytest.fixture
def context(tmp_path: Path) -> Context:
    folder = tmp_path / "functions" / "m"
    (folder / "texts").mkdir(parents=True)
    (folder / "data.parquet").touch()
    return Context(tmp_path, os.environ, given_project=Project(tmp_path, ""))


@pytest.mark.parametrize(
    "source",
    ["digits", "django", "", "https://host/data.zip", "organisation/set", "data.parquet", "s3://b/k", "s3://b/p/"],
)
def test_what_train_py_reads_itself_stays_as_it_is_written(context: Context, source: str) -> None:
    config = ModelConfig("m", "sklearn", training=TrainingSettings(data=source))
    assert resolve_run(context, config, {}).source == source
    assert resolve_run(context, config, {"data": source}).source == source


@pytest.mark.parametrize("source", ["texts", "table.csv", "arrays.npz"])
def test_a_path_in_model_toml_counts_from_the_models_folder(context: Context, tmp_path: Path, source: str) -> None:
    config = ModelConfig("m", "sklearn", training=TrainingSettings(data=source))
    run = resolve_run(context, config, {})
    assert run.source == str(tmp_path / "functions" / "m" / source)
    assert run.location.path == tmp_path / "functions" / "m" / source


def test_a_given_path_counts_from_the_current_folder(context: Context, tmp_path: Path) -> None:
    run = resolve_run(context, ModelConfig("m", "sklearn"), {"data": "table.csv"})
    assert (run.source, run.location.path) == ("table.csv", tmp_path / "table.csv")
