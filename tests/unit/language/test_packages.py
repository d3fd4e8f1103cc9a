"""Optional packages are named where they are missing."""

from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.language.packages import import_package


def test_missing_package_is_named_with_what_installs_it() -> None:
    with pytest.raises(ProjectError) as caught:
        import_package("no_such_package_of_ours")
    assert caught.value.where == "the package no_such_package_of_ours"
    assert "pip install 'pilotlight[llm]'" in caught.value.hint


def test_package_that_fails_inside_is_no_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_installed.py").write_text("import no_such_part_of_it\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_part_of_it"):
        import_package("half_installed")
