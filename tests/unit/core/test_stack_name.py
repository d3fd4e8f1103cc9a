from pathlib import Path

import pytest

from pilotlight.core.errors import ProjectError
from pilotlight.core.stack import read_stack_name

SCAFFOLD = '[default.global.parameters]\nstack_name = "global"\n'
GUIDED = f'{SCAFFOLD}[default.deploy.parameters]\nstack_name = "deploy"\n'


@pytest.mark.parametrize(
    ("settings", "sam", "name"),
    [
        ('[batch]\nstack = "own"\n', GUIDED, "own"),
        ('store = "s3://b/p"\n', GUIDED, "deploy"),
        ("", SCAFFOLD, "global"),
    ],
)
def test_the_nearest_name_is_taken(tmp_path: Path, settings: str, sam: str, name: str) -> None:
    (tmp_path / "pilotlight.toml").write_text(settings)
    (tmp_path / "samconfig.toml").write_text(sam)
    assert read_stack_name(tmp_path) == name


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "names no stack, and samconfig.toml has no stack_name"),
        ("[batch]\nstack = 3\n", "batch.stack is not text"),
        ("batch = 3\n", "batch.stack is not text"),
        ("[batch", "is not TOML"),
    ],
)
def test_no_name_is_told(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "pilotlight.toml").write_text(settings)
    with pytest.raises(ProjectError, match=rf"pilotlight.toml: {said}"):
        read_stack_name(tmp_path)
