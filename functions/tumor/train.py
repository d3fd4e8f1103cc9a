"""Logistic regression, fitted by stochastic gradient descent with one sample a step."""

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight import Dataset, Run, feature_names, fingerprint, load_classes

TARGET = "diagnosis"


def load(run: Run) -> Dataset:
    """The 30 measurements as float32 of shape (n, 30); 0 is malignant, 1 benign. A quarter is held out."""
    arrays = load_classes(run, TARGET, feature_names("breast_cancer"))
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Pipeline:
    """Fits with averaged weights. The model itself scales measurements, so callers send them as measured."""
    scale = StandardScaler().fit(data.x_train)
    x_train, x_test = scale.transform(data.x_train), scale.transform(data.x_test)
    model = SGDClassifier(
        loss="log_loss",
        alpha=1e-3,
        learning_rate="constant",
        eta0=run.learning_rate,
        average=True,
        random_state=run.seed,
    )
    for epoch in range(1, run.epochs + 1):
        model.partial_fit(x_train, data.y_train, classes=np.unique(data.y_train))
        values = {
            "loss": log_loss(data.y_train, model.predict_proba(x_train)),
            "val_loss": log_loss(data.y_test, model.predict_proba(x_test), labels=model.classes_),
            "accuracy": model.score(x_train, data.y_train),
            "val_accuracy": model.score(x_test, data.y_test),
        }
        run.record("epoch", epoch, values)
        run.progress.step(epoch, run.epochs, values)
    return Pipeline([("scale", scale), ("model", model)])
