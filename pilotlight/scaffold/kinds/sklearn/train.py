"""Loads the data and fits the model. It works as it is; replace both functions with your own."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight import Dataset, Run, fingerprint, load_classes, record_learning_curve

TARGET = "species"
"""The column of a .csv file to learn; all other columns are features."""


def load(run: Run) -> Dataset:
    """Features as float32 of shape (n, columns), classes as int64 in the order of [labels]. A quarter is held out.

    `load_targets` reads a table whose target is a number.
    """
    arrays = load_classes(run, TARGET)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Pipeline:
    """Fits logistic regression on scaled features. Any classifier, regressor, clusterer or pipeline will do."""
    model = make_pipeline(StandardScaler(), LogisticRegression(random_state=run.seed))
    record_learning_curve(run, model, data)
    return model.fit(data.x_train, data.y_train)
