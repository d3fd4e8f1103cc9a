"""One seed, one model, whichever process trains it."""

import subprocess
import sys
from pathlib import Path

TRAIN = """
import numpy as np
from pilotlight.core.artifacts import Dataset

def load(run):
    x = np.linspace(0, 1, 400, dtype=np.float32).reshape(100, 4)
    return Dataset(x, x[:, :1], x, x[:, :1], "made", "")

def train(data, run):
    import keras  # here, not above: it is loaded after train.py was
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(data.x_train, data.y_train, epochs=run.epochs, verbose=0)
    return model
"""
FIT = """
import hashlib, sys
from pathlib import Path
from pilotlight.core.model_config import ModelConfig
from pilotlight import Run
from pilotlight.training import fit
fitted = fit(Path(sys.argv[1]), ModelConfig("m", "keras"), Run("", 2, 32, 0.01, int(sys.argv[2])))
print(hashlib.sha256(b"".join(weight.tobytes() for weight in fitted.model.get_weights())).hexdigest())
"""


def trained(folder: Path, seed: int) -> str:
    command = [sys.executable, "-c", FIT, str(folder), str(seed)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_a_seed_gives_the_same_weights_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    first, again, other = (trained(tmp_path, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
