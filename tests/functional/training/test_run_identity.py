"""A run is named by its code: who changes any file of the model fits again."""

from pathlib import Path

import pytest

from pilotlight import Project, Run
from pilotlight.scaffold import init_project, new_model
from pilotlight.workflows.run_storage import identify_run

RUN = Run("reviews", epochs=1, batch_size=1, learning_rate=0.1, seed=0)


@pytest.mark.parametrize(
    "changed", ["functions/mood/training/reviews.py", "functions/mood/training/words.txt", "shared.py"]
)
def test_modules_and_files_beside_train_py_count(tmp_path: Path, changed: str) -> None:
    init_project(tmp_path)
    project = Project(tmp_path, "")
    new_model(project, "mood", "keras-text")
    before = identify_run(project, "mood", RUN, 1)
    assert identify_run(project, "mood", RUN, 1) == before
    with (tmp_path / changed).open("a") as file:
        file.write("# changed\n")
    assert identify_run(project, "mood", RUN, 1) != before


def test_what_tools_have_made_does_not_count(tmp_path: Path) -> None:
    """Such as the root of another system, whose links lead nowhere here."""
    init_project(tmp_path)
    project = Project(tmp_path, "")
    new_model(project, "mood", "keras-text")
    before = identify_run(project, "mood", RUN, 1)
    for made in ("build/system/lib", "dist", "functions/mood/linked"):
        (tmp_path / made).mkdir(parents=True)
    (tmp_path / "build/system/lib/site.py").write_text("")
    (tmp_path / "dist/setup.py").write_text("")
    for link in ("build/system/lib/nowhere.py", "functions/mood/linked/nowhere.py", "nowhere.py"):
        (tmp_path / link).symlink_to("nowhere-at-all.py")
    assert identify_run(project, "mood", RUN, 1) == before
