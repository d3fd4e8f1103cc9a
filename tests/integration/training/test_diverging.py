from pathlib import Path

import pytest

from pilotlight import Run
from pilotlight.core.errors import TrainingError
from pilotlight.core.model_config import ModelConfig
from pilotlight.training import fit

LINE = """
import keras
import numpy as np
from pilotlight.core.artifacts import Dataset

def load(run):
    x = np.linspace(0, 1, 20, dtype=np.float32)[:, None]
    return Dataset(x, 2 * x, x, 2 * x, run.source, "f00")

def train(data, run):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(run.learning_rate), "mse")
    model.fit(data.x_train, data.y_train, epochs=run.epochs, verbose=0)
    return model
"""


def test_a_model_whose_loss_is_not_finite_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(LINE)
    config = ModelConfig("line", "keras")
    with pytest.raises(TrainingError, match=r"loss is (nan|inf)\. Training diverged\. Lower the learning rate"):
        fit(tmp_path, config, Run("line", epochs=20, batch_size=20, learning_rate=1e4, seed=1))
    calm = fit(tmp_path, config, Run("line", epochs=20, batch_size=20, learning_rate=0.1, seed=1))
    assert calm.metrics["loss"] < 1
