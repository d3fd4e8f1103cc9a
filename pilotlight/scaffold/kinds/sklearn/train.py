"""Where the data comes from and what is fitted to it. It works as it stands; make both functions your own."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight.core.artifacts import Dataset
from pilotlight.training import Run, fingerprint, load_classes, record_learning_curve

TARGET = "species"
"""The column of a .csv file that is to be learned; all others are features."""


def load(run: Run) -> Dataset:
    """Features as float32 of shape (n, columns), classes as int64 in the order of [labels], a quarter held out.

    `load_targets` does the same for a number to be learned.
    """
    arrays = load_classes(run, TARGET)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Pipeline:
    """Logistic regression on scaled features; any classifier, regressor, clusterer or pipeline of them will do."""
    model = make_pipeline(StandardScaler(), LogisticRegression(random_state=run.seed))
    record_learning_curve(run, model, data)
    return model.fit(data.x_train, data.y_train)
