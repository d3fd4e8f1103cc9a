"""Which method of a scikit-learn model answers which output of the signature.

    kind               method             datatype      customary names
    classifier         predict            INT64, BYTES  label, class, category, prediction
                       predict_proba      FP32          probabilities, probability, proba, scores
                       decision_function  FP32          decision, decision_scores, margin, scores
    regressor          predict            FP32          value, target, prediction
    ranker             predict            FP32          score, relevance, value
    clusterer          predict            INT64         cluster, label
                       transform          FP32          distances
    mixture            predict            INT64         component, cluster, label
                       predict_proba      FP32          probabilities, probability, proba
                       score_samples      FP32          score_samples, log_likelihood, density
    outlier detector   predict            INT64         label, prediction: 1 is an inlier, -1 an outlier
                       decision_function  FP32          score, decision
                       score_samples      FP32          score_samples
    transformer        transform          FP32, INT64   values, features, components
                                          BYTES
    neighbors          kneighbors         FP32          distances
                                          INT64         indices, neighbors

An output takes the method whose own name or customary name it bears, in the singular or the plural, among those with
its datatype. Any other name takes the first method of the table with its datatype that the model has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pilotlight.conversion.sklearn.delegates import find_final_estimator
from pilotlight.core.errors import ConversionError
from pilotlight_runtime.datatypes import BYTES, FP32, INT64, Datatype
from pilotlight_runtime.signature import TensorSpec


class Answer(NamedTuple):
    """One result of a model.

    Attributes:
        method: The method of the model.
        datatypes: The datatypes that an output may give the result.
        names: The customary names of an output with this result.
        place: The position of the result among the outputs of the model's ONNX converter.
        part: The position of the result among several that the method returns; None where it returns one.
    """

    method: str
    datatypes: tuple[Datatype, ...]
    names: tuple[str, ...]
    place: int
    part: int | None = None


_RANKERS: Final = ("LGBMRanker", "XGBRanker", "CatBoostRanker")
_SCORE_SAMPLES: Final = Answer("score_samples", (FP32,), ("log_likelihood", "density"), 2)
ANSWERS: Final[dict[str, tuple[Answer, ...]]] = {
    "classifier": (
        Answer("predict", (INT64, BYTES), ("label", "class", "category", "prediction"), 0),
        Answer("predict_proba", (FP32,), ("probability", "proba", "score"), 1),
        Answer("decision_function", (FP32,), ("decision", "decision_score", "margin", "score"), 1),
    ),
    "regressor": (Answer("predict", (FP32,), ("value", "target", "prediction"), 0),),
    "ranker": (Answer("predict", (FP32,), ("score", "relevance", "value"), 0),),
    "clusterer": (
        Answer("predict", (INT64,), ("cluster", "label"), 0),
        Answer("transform", (FP32,), ("distance",), 1),
    ),
    "mixture": (
        Answer("predict", (INT64,), ("component", "cluster", "label"), 0),
        Answer("predict_proba", (FP32,), ("probability", "proba"), 1),
        _SCORE_SAMPLES,
    ),
    "outlier detector": (
        Answer("predict", (INT64,), ("label", "prediction"), 0),
        Answer("decision_function", (FP32,), ("score", "decision"), 1),
        _SCORE_SAMPLES,
    ),
    "transformer": (Answer("transform", (FP32, INT64, BYTES), ("value", "feature", "component"), 0),),
    "search for neighbors": (
        Answer("kneighbors", (INT64,), ("index", "indices", "neighbor"), 0, part=1),
        Answer("kneighbors", (FP32,), ("distance",), 1, part=0),
    ),
}
"""The results of each kind of model. The first of a datatype is the usual one."""


def find_kind(model: Any) -> str:
    """Return the kind of a model: a key of ANSWERS, or "" for none."""
    from sklearn.base import is_classifier, is_outlier_detector, is_regressor

    last = find_final_estimator(model)
    checks: dict[str, Callable[[Any], bool]] = {
        "ranker": lambda model: type(model).__name__ in _RANKERS,
        "classifier": is_classifier,
        "regressor": is_regressor,
        "outlier detector": is_outlier_detector,
        "clusterer": _is_clusterer,
        "mixture": lambda model: hasattr(model, "predict_proba") and hasattr(model, "score_samples"),
        "transformer": lambda model: hasattr(model, "transform"),
        "search for neighbors": lambda model: hasattr(model, "kneighbors"),
    }
    return next((kind for kind, check in checks.items() if check(last)), "")


def _is_clusterer(model: Any) -> bool:
    from sklearn.base import is_clusterer

    return bool(is_clusterer(model)) and (hasattr(model, "predict") or not hasattr(model, "transform"))


def find_answer(model: Any, spec: TensorSpec) -> Answer:
    """Find the result of a model for an output.

    Args:
        model: The fitted estimator or pipeline.
        spec: The output.

    Raises:
        ConversionError: The model has no such result. The message lists what it has.
    """
    kind, last = find_kind(model), find_final_estimator(model)
    if not kind:
        raise ConversionError(
            f"a model of type {type(last).__name__}",
            "neither predicts nor transforms samples that it was not fitted on",
            "Return a classifier, regressor, clusterer, outlier detector or transformer from train, or a pipeline that "
            "ends in one.",
        )
    available = [answer for answer in ANSWERS[kind] if hasattr(model, answer.method)]
    fitting = [answer for answer in available if spec.datatype in answer.datatypes]
    named = [answer for answer in ANSWERS[kind] if spec.datatype in answer.datatypes and _bears_name(spec.name, answer)]
    found = [answer for answer in named if answer in available] if named else fitting
    if found:
        return found[0]
    shown = ", ".join(f"{answer.datatypes[0].name} (its {answer.method})" for answer in available) or "nothing"
    article = "an" if kind[0] in "aeiou" else "a"
    asked = f"{spec.name} with the {named[0].method} of the model" if named else f"of {spec.datatype.name}"
    raise ConversionError(
        "[signature] in model.toml",
        f"has an output {asked}, and {article} {kind} of type {type(last).__name__} answers {shown}",
        "Correct the output's datatype or its name, or train a model that answers it.",
    )


def _bears_name(name: str, answer: Answer) -> bool:
    given = name.lower()
    known = {answer.method, *answer.names}
    plurals = {f"{each}s" for each in known} | {f"{each}es" for each in known}
    plurals |= {f"{each[:-1]}ies" for each in known if each.endswith("y")}
    return given in known | plurals or given.rstrip("0123456789").rstrip("_") in known | plurals
