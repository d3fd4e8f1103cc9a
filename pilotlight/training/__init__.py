"""Training: a person's train.py runs on data from a source and gives a fitted model.

    run.py            what a run is told
    sources/          where data comes from, one file a source
    arrays.py         the arrays of a source, checked and fingerprinted
    door.py           train.py is loaded and called; its mistakes become one line
    fitting.py        fit: all of it, and the held-out metrics
    keras_support.py  seeds, progress and metrics of Keras models

TensorFlow, Keras and scikit-learn are imported inside the functions that need them: `pilotlight --help` must not wait.
"""

from pilotlight.training.arrays import Arrays, fingerprint
from pilotlight.training.door import TRAIN_NAME, TrainModule, load_train_module
from pilotlight.training.fitting import fit
from pilotlight.training.keras_support import keras_progress
from pilotlight.training.run import Fetch, Run
from pilotlight.training.sources import load_arrays

__all__ = [
    "TRAIN_NAME",
    "Arrays",
    "Fetch",
    "Run",
    "TrainModule",
    "fingerprint",
    "fit",
    "keras_progress",
    "load_arrays",
    "load_train_module",
]
