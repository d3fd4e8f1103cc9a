import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from pilotlight.cli.curve_image import save_curve
from pilotlight.core.learning_curve import LearningCurve

CURVE = LearningCurve(
    "epoch", (1.0, 2.0, 3.0), {"loss": (3.0, None, 1.0), "val_loss": (3.0, 2.0, 2.5), "r2": (-1.0, 0.0, 0.5)}
)
WITHOUT = """
import sys
from pathlib import Path
sys.modules["matplotlib"] = None  # as where it is not installed
from pilotlight.cli.curve_image import save_curve
from pilotlight.core.learning_curve import LearningCurve
from pilotlight.core.errors import ProjectError
try:
    save_curve(LearningCurve("epoch", (1.0,), {"loss": (3.0,)}), "m", Path(sys.argv[1]))
except ProjectError as error:
    print(error)
"""


def test_a_picture_with_a_panel_for_each_measure(tmp_path: Path) -> None:
    save_curve(CURVE, "m@1", tmp_path / "new" / "folder" / "curve.png")
    with Image.open(tmp_path / "new" / "folder" / "curve.png") as picture:
        assert picture.format == "PNG"
        both = np.asarray(picture.convert("RGB"))
    save_curve(LearningCurve(CURVE.axis, CURVE.at, {"r2": CURVE.series["r2"]}), "m@1", tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as picture:
        one = np.asarray(picture.convert("RGB"))
    assert both.shape[0] > 1.5 * one.shape[0]
    assert len(np.unique(one.reshape(-1, 3), axis=0)) > 10


def test_without_matplotlib_it_is_said_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT, str(tmp_path / "c.png")]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert "c.png: is not drawn: matplotlib is missing" in said
    assert "pip install 'pilotlight[train]'" in said
    assert not (tmp_path / "c.png").exists()
