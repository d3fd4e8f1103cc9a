"""[capture] of model.toml."""

from pathlib import Path

import pytest

from pilotlight.core.capture_config import load_capture_config
from pilotlight.core.capture_location import locate_captures
from pilotlight.core.errors import ProjectError
from pilotlight.core.model_toml import load_model_config
from pilotlight_runtime.metering.captures.names import DAYS, Location
from pilotlight_runtime.metering.captures.settings import CaptureSettings, read_settings


def load(folder: Path, section: str) -> CaptureSettings | None:
    (folder / "model.toml").write_text(f'kind = "onnx"\n{section}')
    found = load_model_config("tiny", folder / "model.toml").capture
    assert found == load_capture_config(folder / "model.toml")
    return found


def test_the_settings_are_read_and_the_runtime_takes_them(tmp_path: Path) -> None:
    assert load(tmp_path, "") is None
    assert load(tmp_path, "[capture]\nshare = 0.01") == CaptureSettings(0.01, 30)
    for days in DAYS:
        found = load(tmp_path, f"[capture]\nshare = 1\ndays = {days}")
        assert found is not None
        assert read_settings(found._asdict()) == found == CaptureSettings(1.0, days)


def test_the_file_need_not_exist(tmp_path: Path) -> None:
    assert load_capture_config(tmp_path / "model.toml") is None


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ("[capture]", "capture.share"),
        ("[capture]\nshare = 0", r"capture\.share is 0"),
        ("[capture]\nshare = -0.1", r"capture\.share is -0\.1"),
        ("[capture]\nshare = 1.01", r"capture\.share is 1\.01, expected a number above 0 and at most 1"),
        ("[capture]\nshare = nan", "capture.share"),
        ("[capture]\nshare = true", "capture.share"),
        ('[capture]\nshare = "1"', "capture.share"),
        ("[capture]\nshare = 0.1\ndays = 2", r"capture\.days is 2, expected one of 1, 7, 14"),
        ("[capture]\nshare = 0.1\ndays = 30.0", "capture.days"),
        ("[capture]\nshare = 0.1\nday = 30", "day"),
        ("capture = true", "capture"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, section: str, named: str) -> None:
    with pytest.raises(ProjectError, match=named):
        load(tmp_path, section)


def test_the_location_of_captures(tmp_path: Path) -> None:
    (tmp_path / "pilotlight.toml").write_text('[service]\ncaptures = "s3://of-the-file"\n')
    variable = {"PILOTLIGHT_CAPTURES": "s3://of-the-variable/x"}
    assert locate_captures("s3://given", variable, tmp_path, default=True) == Location("given", "", "")
    assert locate_captures("here", variable, tmp_path, default=True) == Location("", "", str(tmp_path / "here"))
    assert locate_captures("", variable, tmp_path, default=True) == Location("of-the-variable", "x/", "")
    assert locate_captures("", {}, tmp_path, default=True) == Location("of-the-file", "", "")
    (tmp_path / "pilotlight.toml").unlink()
    assert locate_captures("", {}, tmp_path, default=False) is None
    default = locate_captures("", {}, tmp_path, default=True)
    assert default == Location("", "", str(tmp_path / ".pilotlight" / "captures"))
    with pytest.raises(ProjectError, match="captures: 's3://' must be"):
        locate_captures("s3://", {}, tmp_path, default=True)
