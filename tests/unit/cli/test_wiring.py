from pathlib import Path

import pytest

from pilotlight.cli.invocation import command_to_type


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        (".venv/bin/pilotlight", ".venv/bin/pilotlight"),
        ("/project/.venv/bin/pilotlight", ".venv/bin/pilotlight"),
        ("/opt/tool/pilotlight", "/opt/tool/pilotlight"),
        ("/project/pilotlight/__main__.py", "pilotlight"),
    ],
)
def test_a_program_that_path_does_not_find_is_named_by_its_place(started: str, typed: str, tmp_path: Path) -> None:
    assert command_to_type(Path("/project"), started, path=str(tmp_path)) == typed


def test_a_program_that_path_finds_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "pilotlight").touch(mode=0o755)
    assert command_to_type(Path("/project"), "/opt/tool/pilotlight", path=str(tmp_path)) == "pilotlight"
