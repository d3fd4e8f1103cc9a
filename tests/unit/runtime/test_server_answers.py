import tomllib
from pathlib import Path

from pilotlight_runtime.protocol.server_metadata import SERVER_VERSION

ROOT = Path(__file__).parents[3]


def test_the_server_says_the_packages_version() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == SERVER_VERSION
