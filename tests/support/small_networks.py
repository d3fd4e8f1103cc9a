"""Small networks that can be trained in a second, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilotlight.core.project import Project
from pilotlight.store import FolderBlobs, Store
from pilotlight.workflows.types import TrainResult
from support.workflow_calls import train_model

MODEL_TOML = """
kind = "keras"
[[signature.inputs]]
name = "pixels"
datatype = "FP32"
shape = [-1, 8, 8, 1]
[[signature.outputs]]
name = "scores"
datatype = "FP32"
shape = [-1, 4]
[training]
data = "data.npz"
epochs = 6
batch_size = 32
learning_rate = 0.01
[quantization]
mode = "MODE"
"""
TRAIN = """
from pathlib import Path
import keras
from pilotlight.core.artifacts import Dataset
from pilotlight import fingerprint, load_arrays

def load(run):
    raw = load_arrays(run)
    return Dataset(*raw, run.source, fingerprint(raw))

def train(data, run):
    kept = Path("KEPT") / "NETWORK.keras"
    model = keras.saving.load_model(kept) if "KEPT" and kept.is_file() else fitted(data, run)
    if "KEPT":
        model.save(kept)
    SPOIL
    return model

def fitted(data, run):
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 1)), LAYERS])
    model.compile(keras.optimizers.Adam(run.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.x_train, data.y_train, batch_size=run.batch_size, epochs=run.epochs, verbose=0)
    return model
"""
NETWORKS = {
    "dense": 'layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(4, activation="softmax")',
    "conv": 'layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(64),'
    ' layers.Dense(4, activation="softmax")',
    "conv only": 'layers.Conv2D(4, 8), layers.Flatten(), layers.Activation("softmax")',
}


@dataclass
class Small:
    """The project of one model, "small", whose classes are the quarter of the picture that is brightest.

    kept: where fitted networks are kept for the next test; None has each trained anew.
    """

    project: Project
    kept: Path | None

    @classmethod
    def at(cls, root: Path, kept: Path | None) -> Small:
        """Its folder and data below `root`, without model.toml and train.py."""
        folder = root / "functions" / "small"
        folder.mkdir(parents=True)
        draw = np.random.default_rng(7)
        y = draw.integers(0, 4, 700)
        x = draw.random((700, 8, 8, 1), np.float32)
        for sample, quarter in zip(x, y, strict=True):
            row, column = 4 * (quarter // 2), 4 * (quarter % 2)
            sample[row : row + 4, column : column + 4] += 0.5
        order = np.argsort(y[:500], kind="stable")  # as many data sets come
        np.savez(folder / "data.npz", x_train=x[:500][order], y_train=y[:500][order], x_test=x[500:], y_test=y[500:])
        return cls(Project(root, str(root / "store")), kept)

    @property
    def store(self) -> Store:
        return Store(FolderBlobs(Path(self.project.store)))

    def write(self, network: str, mode: str, settings: str = "", spoil: str = "pass") -> None:
        """settings: more lines of [quantization]. spoil: what is done to the fitted `model` before it is given."""
        folder = self.project.folder("small")
        (folder / "model.toml").write_text(MODEL_TOML.replace("MODE", mode) + settings)
        chosen = {"LAYERS": NETWORKS[network], "NETWORK": network, "KEPT": str(self.kept or ""), "SPOIL": spoil}
        text = TRAIN
        for name, value in chosen.items():
            text = text.replace(name, value)
        (folder / "train.py").write_text(text)

    def train(self, network: str, mode: str, settings: str = "", spoil: str = "pass") -> TrainResult:
        self.write(network, mode, settings, spoil)
        return train_model(self.project, "small", store=self.store)

    def data(self) -> dict[str, np.ndarray]:
        with np.load(self.project.folder("small") / "data.npz") as arrays:
            return dict(arrays)
