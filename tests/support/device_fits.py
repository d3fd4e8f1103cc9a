"""Fits in a process of their own, which decides about its devices before anything computes.

python tests/support/device_fits.py OUT.npz [--precision P] [--mirrored] [--named] [--store FOLDER] [--stop-after N],
with AWS Batch's variables in the environment where it is one node of several. --named: two inputs and two outputs.
OUT gets the weights; stdout one JSON object. More fits follow, each after `--then`: starting TensorFlow takes longer
than a fit.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pilotlight import Run, array_batches, fit_model
from pilotlight.core.errors import Interrupted
from pilotlight.core.stop_request import StopRequest
from pilotlight.store import FolderBlobs, PrefixedBlobs
from pilotlight.training import Checkpoints, Devices, meet, node_of, own_address

SAMPLES, SIZE, EPOCHS = 69, 17, 3
"""The last batch has one sample, so one of two devices gets none of it."""


class Notes:
    """A Progress that keeps its notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def stage(self, title: str) -> None:
        self.notes.append(title)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, done: int, total: int, values: Any) -> None:
        pass


def network() -> Any:
    import keras

    keras.utils.set_random_seed(7)
    layers = keras.layers
    inputs = keras.Input((8,))
    states = layers.Dense(16, activation="relu", kernel_regularizer="l2")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(states))
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9, clipnorm=0.5)
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def named_network() -> Any:
    """Two inputs and two outputs by name."""
    import keras

    keras.utils.set_random_seed(7)
    layers = keras.layers
    left, right = keras.Input((5,), name="left"), keras.Input((3,), name="right")
    states = layers.Dense(16, activation="relu")(layers.Concatenate()([left, right]))
    outputs = {"square": layers.Dense(1, name="square")(states), "sign": layers.Dense(2, name="sign")(states)}
    model = keras.Model({"left": left, "right": right}, outputs)
    loss = {"square": "mse", "sign": keras.losses.SparseCategoricalCrossentropy(from_logits=True)}
    model.compile(keras.optimizers.Adam(0.01, clipnorm=0.5), loss, metrics={"sign": ["accuracy"]})
    return model


def named_samples(x: Any, y: Any) -> tuple[Any, Any]:
    """The same samples by the names of `named_network`."""
    return {"left": x[:, :5], "right": x[:, 5:]}, {"square": y, "sign": (x[:, 0] > 0).astype(np.int64)}


def watch(seen: dict[str, Any], stop: StopRequest, after: int) -> Any:
    import keras

    class Watch(keras.callbacks.Callback):  # type: ignore[misc]
        steps = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.steps += 1
            if self.steps == after:
                stop.request()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen["logs"] = {name: float(value) for name, value in logs.items()}
            seen["epoch"] = epoch
            seen["devices"] = devices_of(self.model.trainable_variables[0].value)
            seen["compute"] = next(each for each in self.model.layers if each.weights).compute_dtype
            seen["optimizer"] = type(self.model.optimizer).__name__

    return Watch()


def devices_of(value: Any) -> int:
    """How many devices hold the value of a variable."""
    if hasattr(value, "sharding"):
        return len(value.sharding.device_set)
    return len(getattr(value, "values", [value]))


def main() -> None:
    words: list[list[str]] = [[]]
    for word in sys.argv[1:]:
        if word == "--then":
            words.append([])
        else:
            words[-1].append(word)
    split_devices(mirrored=any("--mirrored" in each for each in words))
    for each in words:
        fit(parsed(each))


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--mirrored", action="store_true")
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--named", action="store_true")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--stop-after", type=int, default=0)
    return parser.parse_args(words)


def split_devices(*, mirrored: bool) -> None:
    """Makes two devices of the CPU, which TensorFlow takes only before it computes."""
    if mirrored:
        import tensorflow as tf

        halves = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)


def fit(given: argparse.Namespace) -> None:
    progress, stop, seen = Notes(), StopRequest(), {}
    blobs = FolderBlobs(given.store) if given.store else None
    cluster, node = None, node_of(os.environ)
    if node is not None:
        assert blobs is not None
        cluster = meet(node, PrefixedBlobs(blobs, "nodes"), own_address(node))
    devices = Devices("all", cluster, ("CPU:0", "CPU:1") if given.mirrored else ())
    checkpoints = Checkpoints(PrefixedBlobs(blobs, "checkpoints")) if blobs else None
    run = Run(
        *("", EPOCHS, SIZE, 0.01, 7),
        progress=progress, checkpoints=checkpoints, stop=stop, precision=given.precision, hardware=devices,
    )  # fmt: skip
    devices.begin(progress, deterministic=given.deterministic)
    draw = np.random.default_rng(0)
    x = draw.normal(size=(SAMPLES, 8)).astype(np.float32)
    y = x[:, :1] ** 2
    model: Any = network()
    learned: Any = (x, y)
    held_out: Any = (x[:20], y[:20])
    if given.named:
        model, learned, held_out = named_network(), named_samples(*learned), named_samples(*held_out)
    try:
        batches = array_batches(*learned, SIZE, 7)
        fit_model(model, batches, run, validation=held_out, callbacks=[watch(seen, stop, given.stop_after)])
        seen["loss"] = model.evaluate(*learned, verbose=0, return_dict=True)["loss"]
        np.savez(given.out, *model.get_weights())
    except Interrupted as error:
        seen["interrupted"] = str(error)
    if given.deterministic:
        from tensorflow.python.framework.config import is_op_determinism_enabled

        seen["deterministic"] = is_op_determinism_enabled()
    print(json.dumps({**seen, "notes": progress.notes}))  # noqa: T201


if __name__ == "__main__":
    main()
