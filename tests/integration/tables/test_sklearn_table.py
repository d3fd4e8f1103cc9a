"""A handful of the rows of the table of scikit-learn's estimators, and what every row must be."""

from pathlib import Path

import pytest

from benchmarks.tables.case import REFUSED, WORKS, Case, run_case
from benchmarks.tables.sklearn import list_cases
from pilotlight.conversion.sklearn.refusals import REFUSALS

CASES: dict[str, Case] = {case.name: case for case in list_cases()}
SAMPLE = (
    "AdditiveChi2Sampler",
    "BisectingKMeans",
    "CCA",
    "ClassifierChain",
    "DummyClassifier",
    "FactorAnalysis",
    "FixedThresholdClassifier",
    "Isomap",
    "IsotonicRegression",
    "IterativeImputer",
    "KNNImputer",
    "KernelRidge",
    "LabelSpreading",
    "MissingIndicator",
    "NearestCentroid",
    "Nystroem",
    "OutputCodeClassifier",
    "PolynomialCountSketch",
    "QuadraticDiscriminantAnalysis",
    "QuantileTransformer",
    "RadiusNeighborsClassifier",
    "RadiusNeighborsTransformer",
    "RandomTreesEmbedding",
    "RegressorChain",
    "SequentialFeatureSelector",
    "SimpleImputer",
    "SkewedChi2Sampler",
    "SplineTransformer",
    "TransformedTargetRegressor",
    "TunedThresholdClassifierCV",
    "VotingClassifier",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_an_estimator_answers_as_itself(tmp_path: Path, name: str) -> None:
    outcome = run_case(CASES[name], tmp_path)
    assert outcome.status == WORKS, outcome.detail


@pytest.mark.parametrize("name", ["SparseCoder", "DictVectorizer", "HashingVectorizer", "PatchExtractor"])
def test_an_estimator_that_cannot_be_converted_says_why(tmp_path: Path, name: str) -> None:
    outcome = run_case(CASES[name], tmp_path)
    reason, hint = REFUSALS[name]
    assert outcome.status == REFUSED
    assert outcome.detail == f"cannot be converted: {name} {reason}. {hint}"


def test_each_known_refusal_is_an_estimator_of_the_table() -> None:
    assert REFUSALS.keys() <= CASES.keys()
    assert len(REFUSALS) <= 0.1 * len(CASES)
