"""Linear regression, fitted by stochastic gradient descent with one sample a step."""

from sklearn.linear_model import SGDRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from pilotlight import Dataset, Run, feature_names, fingerprint, load_targets

TARGET = "progression"


def load(run: Run) -> Dataset:
    """Ten measurements as float32 of shape (n, 10); the progression is a number of 25..346. A quarter is held out."""
    arrays = load_targets(run, TARGET, feature_names("diabetes"))
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> Pipeline:
    """Fits by squared error with a little shrinkage and averaged weights. The model itself scales measurements."""
    scale = StandardScaler().fit(data.x_train)
    x_train, x_test = scale.transform(data.x_train), scale.transform(data.x_test)
    model = SGDRegressor(
        alpha=1e-2, learning_rate="constant", eta0=run.learning_rate, average=True, random_state=run.seed
    )
    for epoch in range(1, run.epochs + 1):
        model.partial_fit(x_train, data.y_train)
        values = {"r2": model.score(x_train, data.y_train), "val_r2": model.score(x_test, data.y_test)}
        run.record("epoch", epoch, values)
        run.progress.step(epoch, run.epochs, values)
    return Pipeline([("scale", scale), ("model", model)])
