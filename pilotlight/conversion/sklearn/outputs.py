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

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from pilotlight.conversion.sklearn.delegates import find_final_estimator
from pilotlight.core.artifacts import Array
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


def compute_answer(model: Any, answer: Answer, samples: Any, spec: TensorSpec) -> Array:
    """Compute one output in scikit-learn's precision, and then round it to the datatype of the output.

    Args:
        model: The fitted estimator or pipeline.
        answer: The result that the output takes.
        samples: The samples, as the model was fitted on them.
        spec: The output.

    Raises:
        ConversionError: The result does not have the datatype of the output.
    """
    found = getattr(model, answer.method)(samples)
    if answer.part is not None:
        found = found[answer.part]
    elif isinstance(found, list):
        found = _take_target(found, spec)
    elif isinstance(found, tuple):  # cross decomposition returns the scores of y too, where it gets y
        found = found[0]
    if hasattr(found, "toarray"):  # a sparse matrix
        found = found.toarray()
    return _cast(_set_rank(np.asarray(found), spec), spec)


def _bears_name(name: str, answer: Answer) -> bool:
    given = name.lower()
    known = {answer.method, *answer.names}
    plurals = {f"{each}s" for each in known} | {f"{each}es" for each in known}
    plurals |= {f"{each[:-1]}ies" for each in known if each.endswith("y")}
    return given in known | plurals or given.rstrip("0123456789").rstrip("_") in known | plurals


def find_target(spec: TensorSpec) -> int | None:
    """Return the target whose scores an output holds: the number at the end of its name; None for all of them."""
    digits = spec.name[len(spec.name.rstrip("0123456789")) :]
    return int(digits) if digits and len(spec.shape) < 3 else None


def _take_target(scores: list[Array], spec: TensorSpec) -> Array:
    """Return the scores of one target, or those of all in one array of shape [n, targets, classes]."""
    target = find_target(spec)
    if target is not None and target < len(scores):
        return scores[target]
    check_targets([array.shape[1] for array in scores], spec)
    return np.stack(scores, axis=1)


def check_targets(classes: Iterable[int], spec: TensorSpec) -> None:
    """Raise ConversionError where the scores of several targets do not fit into one output.

    Args:
        classes: The number of classes of each target.
        spec: The output.
    """
    counts = list(classes)
    if len(set(counts)) > 1 or len(spec.shape) != 3:
        wanted = f"Give it shape [-1, {len(counts)}, {counts[0]}], or give " if len(set(counts)) == 1 else "Give "
        first = f"{spec.name}_0"
        raise ConversionError(
            "[signature] in model.toml",
            f"has the output {spec.name} of shape {list(spec.shape)} for the scores of {len(counts)} targets, which "
            f"have {', '.join(map(str, counts))} classes",
            f"{wanted}each target an output of its own: {first} of shape [-1, {counts[0]}], and so on.",
        )


def _set_rank(answer: Array, spec: TensorSpec) -> Array:
    """Give one number for each sample the rank of the output: [n] or [n, 1]."""
    if len(spec.shape) == 1 and answer.ndim == 2 and answer.shape[1] == 1:
        return answer[:, 0]
    return answer[:, None] if len(spec.shape) == 2 and answer.ndim == 1 else answer


def _cast(answer: Array, spec: TensorSpec) -> Array:
    if spec.datatype is BYTES:
        if answer.dtype.kind not in "OSU":
            raise ConversionError(
                "[signature] in model.toml",
                f"has the output {spec.name} of BYTES, and the model answers numbers",
                "Correct its datatype.",
            )
        return answer.astype(object)
    if spec.datatype is INT64 and not _is_whole(answer):
        raise ConversionError(
            "train.py",
            f"fits a model whose output {spec.name} is {answer.dtype}, not whole numbers",
            "Number the classes 0, 1, …; `load_classes` does. Or correct the output's datatype in model.toml.",
        )
    return answer.astype(spec.datatype.numpy)


def _is_whole(answer: Array) -> bool:
    if answer.dtype.kind in "iub":
        return True
    return answer.dtype.kind == "f" and bool(np.all(answer == np.rint(answer)))
