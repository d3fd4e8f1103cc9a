"""Loads the data and fits the module. It works as it is; replace both functions and the module with your own."""

import numpy as np
import torch
from torch import nn

from pilotlight import Array, Dataset, Run, fingerprint, fit_torch, load_arrays, tensor_batches


class Network(nn.Module):
    """A small convolutional network: a score for each class."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(), nn.Flatten()
        )
        self.head = nn.Linear(32 * 6 * 6, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(image))


def load(run: Run) -> Dataset:
    """Pictures as float32 of 0..1, shape (n, 1, 28, 28), and the class of each, 0..9. A part is held out.

    `load_arrays` reads digits (from scikit-learn), mnist, PATH.npz, folders of .npy files and s3://bucket/key.npz.
    """
    raw = load_arrays(run)
    return Dataset(
        x_train=_pixels(raw.x_train),
        y_train=raw.y_train.astype(np.int64),
        x_test=_pixels(raw.x_test),
        y_test=raw.y_test.astype(np.int64),
        source=run.source,
        fingerprint=fingerprint(raw),
    )


def train(data: Dataset, run: Run) -> nn.Module:
    """Fits the network for `run.epochs`, and returns it with the probabilities of its scores.

    `fit_torch` is a training loop with checkpoints. A loop of your own works too.
    """
    network = Network()
    fit_torch(
        network,
        tensor_batches(data.x_train, data.y_train, run.batch_size, run.seed),
        run,
        loss=nn.functional.cross_entropy,
        optimizer=torch.optim.Adam(network.parameters(), run.learning_rate),
        metrics={"accuracy": lambda scores, classes: (scores.argmax(dim=-1) == classes).float().mean()},
        validation=(data.x_test, data.y_test),
    )
    return nn.Sequential(network, nn.Softmax(dim=-1))


def _pixels(images: Array) -> Array:
    return images.reshape(-1, 1, 28, 28).astype(np.float32) / np.float32(255)
