"""A run is named by its code: who changes any file of the model fits again."""

from pathlib import Path

import pytest

from pilotlight import Project, Run
from pilotlight.pipeline.kept import run_id
from pilotlight.pipeline.result import Options
from pilotlight.scaffold import init_project, new_model

RUN = Run("reviews", epochs=1, batch_size=1, learning_rate=0.1, seed=0)


@pytest.mark.parametrize(
    "changed", ["functions/mood/training/reviews.py", "functions/mood/training/words.txt", "shared.py"]
)
def test_modules_and_files_beside_train_py_count(tmp_path: Path, changed: str) -> None:
    init_project(tmp_path)
    project = Project(tmp_path, "")
    new_model(project, "mood", "keras-text")
    before = run_id(project, "mood", RUN, Options())
    assert run_id(project, "mood", RUN, Options()) == before
    with (tmp_path / changed).open("a") as file:
        file.write("# changed\n")
    assert run_id(project, "mood", RUN, Options()) != before
