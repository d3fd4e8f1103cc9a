"""Training: a model's train.py reads data and fits a model.

    run.py           the settings of a run
    train_module.py  train.py, loaded and called
    error_report.py  its errors, reported as one line
    fitting.py       the way from train.py to a fitted model with its metrics
    batches.py       what fit_model takes its batches from
    checkpoints.py   what an interrupted run resumes from; checkpoint_file.py: a checkpoint's file
    nodes.py         how the machines of a multi-node job find one another
    sklearn.py       folds and learning curves for scikit-learn
    checkpointer.py  when a checkpoint is written, and what happens when it cannot be
    keras/           everything that imports Keras: fit_model, its loops, devices and batches
    torch/           everything that imports PyTorch: fit_torch, its steps, state and batches
    data/            arrays and tables: readers, checks, fingerprints
    text/            texts: readers, vocabularies, batches

What a train.py uses is exported by `pilotlight`; here is what Pilotlight's own code uses. TensorFlow, Keras and
scikit-learn are imported inside the functions that need them, so that `pilotlight --help` does not wait for them.
"""

from pilotlight.training.checkpoints import CheckpointPlace, Checkpoints
from pilotlight.training.data.s3 import local_folder
from pilotlight.training.fitting import fit, load
from pilotlight.training.keras.backend import backend
from pilotlight.training.keras.devices import Devices
from pilotlight.training.nodes import Node, meet, node_of, own_address
from pilotlight.training.run import Fetch, Recorder, Run
from pilotlight.training.train_module import TRAIN_NAME, TrainModule, load_train_module

__all__ = [
    "TRAIN_NAME",
    "CheckpointPlace",
    "Checkpoints",
    "Devices",
    "Fetch",
    "Node",
    "Recorder",
    "Run",
    "TrainModule",
    "backend",
    "fit",
    "load",
    "load_train_module",
    "local_folder",
    "meet",
    "node_of",
    "own_address",
]
