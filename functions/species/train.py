"""A decision tree or a random forest, whichever does better in cross-validation."""

from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from pilotlight import Dataset, Run, feature_names, fingerprint, folds, load_classes, record_learning_curve

TARGET = "species"


def load(run: Run) -> Dataset:
    """Four lengths in cm as float32 of shape (n, 4); species as 0..2. A quarter is held out."""
    arrays = load_classes(run, TARGET, feature_names("iris"))
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))


def train(data: Dataset, run: Run) -> ClassifierMixin:
    """Chooses by cross-validation inside the training part. With equal scores the tree is kept, which is smaller."""
    models = {
        "decision tree": DecisionTreeClassifier(min_samples_leaf=2, random_state=run.seed),
        "random forest": RandomForestClassifier(n_estimators=100, random_state=run.seed),
    }
    split = folds(data.y_train, run.seed, run.source)
    scores = {
        name: float(cross_val_score(model, data.x_train, data.y_train, cv=split).mean())
        for name, model in models.items()
    }
    best = max(scores, key=scores.__getitem__)
    shown = ", ".join(f"{name} {score:.4f}" for name, score in scores.items())
    run.progress.note(f"accuracy in cross-validation: {shown}; the {best} is kept")
    record_learning_curve(run, models[best], data)
    return models[best].fit(data.x_train, data.y_train)
