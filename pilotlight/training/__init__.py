"""Training: a person's train.py runs on data from a source and gives a fitted model.

    run.py            what a run is told
    sources/          where data comes from, one file a source
    arrays.py         the arrays of a source, checked and fingerprinted
    tables.py         tables of numbers with classes or a number to learn, split
    table.py          one table, whole
    classes.py        names of classes become numbers
    texts.py          texts of a source; vocabularies and counts
    batches.py        batches that follow from the seed and the epoch alone
    text_batches.py   rows of ids in batches of about one length
    text_classifier.py  a fitted text classifier as train.py exports it
    translations.py   texts in two languages; BLEU
    subwords.py       learning what to cut texts into
    pair_batches.py   pairs of rows in batches of about one length
    transformer.py    a network that writes texts, as one to train and as graphs to serve
    recomputed.py     what it writes, without a cache
    door.py           train.py is loaded and called; its mistakes become one line
    fitting.py        fit: all of it, and the held-out metrics
    backend.py        which library Keras computes with
    nodes.py          the machines of a multi-node job find one another
    devices.py        the GPUs and nodes that a Keras model is fitted on
    precision.py      the numbers that it is fitted in
    working.py        what is fitted: train.py's model, or a copy in other numbers or on several devices
    rebuilt.py        such a copy
    distributed.py    fitting it under a tf.distribute strategy
    keras_fit.py      fit_model: Keras models, with progress, checkpoints and resumption
    keras_stream.py   batches as one endless sequence
    checkpoints.py    what an interrupted run goes on from
    keras_support.py  seeds, progress, metrics and history of Keras models
    sklearn_support.py  folds and learning curves for scikit-learn's models

TensorFlow, Keras and scikit-learn are imported inside the functions that need them: `pilotlight --help` must not wait.
"""

from pilotlight.training.batches import EpochBatches, array_batches, epoch_batches
from pilotlight.training.checkpoints import CheckpointPlace, Checkpoints
from pilotlight.training.data.arrays import Arrays, fingerprint
from pilotlight.training.data.bundled import feature_names
from pilotlight.training.data.s3 import local_folder
from pilotlight.training.data.sources import load_arrays
from pilotlight.training.data.tables import load_classes, load_targets
from pilotlight.training.fitting import fit, load
from pilotlight.training.keras.backend import backend
from pilotlight.training.keras.devices import Devices
from pilotlight.training.keras.fit import fit_model
from pilotlight.training.keras.support import keras_progress
from pilotlight.training.nodes import Node, meet, node_of, own_address
from pilotlight.training.run import Fetch, Recorder, Run
from pilotlight.training.sklearn import folds, record_learning_curve
from pilotlight.training.text.batches import padded_array, text_batches
from pilotlight.training.text.classifier import exported_classifier
from pilotlight.training.text.pair_batches import pair_batches
from pilotlight.training.text.recomputed import generate_recomputed
from pilotlight.training.text.subwords import learn_subwords
from pilotlight.training.text.texts import build_vocabulary, load_languages, load_sentiments, log_count_ratios
from pilotlight.training.text.translations import NUMBERS, corpus_bleu, load_translations
from pilotlight.training.train_module import TRAIN_NAME, TrainModule, load_train_module

__all__ = [
    "NUMBERS",
    "TRAIN_NAME",
    "Arrays",
    "CheckpointPlace",
    "Checkpoints",
    "Devices",
    "EpochBatches",
    "Fetch",
    "Node",
    "Recorder",
    "Run",
    "TrainModule",
    "array_batches",
    "backend",
    "build_vocabulary",
    "corpus_bleu",
    "epoch_batches",
    "exported_classifier",
    "feature_names",
    "fingerprint",
    "fit",
    "fit_model",
    "folds",
    "generate_recomputed",
    "keras_progress",
    "learn_subwords",
    "load",
    "load_arrays",
    "load_classes",
    "load_languages",
    "load_sentiments",
    "load_targets",
    "load_train_module",
    "load_translations",
    "local_folder",
    "log_count_ratios",
    "meet",
    "node_of",
    "own_address",
    "padded_array",
    "pair_batches",
    "record_learning_curve",
    "text_batches",
]
