"""The values that one stage hands to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotlight.core.curve import Curve
from pilotlight_runtime.manifest import Loading, Manifest
from pilotlight_runtime.signature import Signature

Array = NDArray[np.generic]
Named = Mapping[str, Array]
"""Arrays by the name that the signature gives them."""


@dataclass(frozen=True)
class Dataset:
    """The data of a run, prepared as the model takes it.

    Attributes:
        x_train: Samples to learn from, along the first axis.
        y_train: One label or target a sample.
        x_test: Held-out samples, which measure the model.
        y_test: One label or target a held-out sample.
        source: The data source as the run names it: `run.source`.
        fingerprint: What `fingerprint` returned for the arrays as they were read, for the manifest.
        classes: The names of the classes that y numbers, where the data has names.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    source: str
    fingerprint: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A fitted model, before it is converted.

    Attributes:
        model: The framework's own object, or an Exported.
        dataset: The data that it was fitted on.
        metrics: Measured on the held-out part, by name.
        seconds: How long fitting took, in seconds.
        settings: The epochs, batch size, learning rate and seed, among others.
        curve: The learning curve, None where the run recorded none.
    """

    model: Any
    dataset: Dataset
    metrics: Mapping[str, float]
    seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    curve: Curve | None = None


@dataclass(frozen=True)
class Exported:
    """What a train.py returns for a model that app.py's own code serves: with a tokeniser, or with several graphs.

    Attributes:
        graphs: Models of a framework by name. Each is converted with the signature that it declares itself.
        predict: Takes the inputs by name, as callers send them, samples along the first axis. Returns the outputs by
            name, computed by the fitted models without ONNX. Verification compares app.py's answers with it.
        assets: The content of files that app.py reads, such as a vocabulary, by file name.
        metrics: Measured on the held-out part, by name. The metric that [training] names is computed from `predict`
            where it is missing.
        trained: The fitted model, whose history becomes the learning curve; None where there is none.
    """

    graphs: Mapping[str, Any]
    predict: Callable[[Named], Named]
    assets: Mapping[str, bytes] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    trained: Any = None


@dataclass(frozen=True)
class Reference:
    """What the ONNX model must reproduce.

    predict: the source model on named inputs. inputs: held-out samples, by input name. labels: their labels where a
    metric can be computed, else None. settle: given what the source and the ONNX model answered, what the ONNX model
    should have; None where that is just what the source answered.
    """

    predict: Callable[[Named], Named]
    inputs: Named
    labels: Array | None
    settle: Callable[[Named, Named], Named] | None = None


@dataclass(frozen=True)
class Candidate:
    """A converted model that nothing has verified yet: a folder with model.onnx and any external data beside it.

    loading: which graph of the folder is opened where, None where there is no choice. parts: the graphs behind app.py's
    code by name, each in a folder of that name instead; empty where model.onnx answers callers itself. assets: names of
    the files in the folder that the code reads besides.
    """

    folder: Path
    signature: Signature
    loading: Loading | None = None
    parts: Mapping[str, Candidate] = field(default_factory=dict)
    assets: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParityReport:
    """What the gate saw. failures: every reason to refuse, empty where the candidate passed.

    samples: how many were compared. largest_difference: the largest absolute one over all outputs. metric: its name, ""
    where there is none. source_metric, onnx_metric: None where there are no labels or no source. note: what was not
    checked and why, else "".
    """

    samples: int
    largest_difference: float | None
    metric: str = ""
    source_metric: float | None = None
    onnx_metric: float | None = None
    failures: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Quantization:
    """What quantising did to a model, by the gate's samples.

    mode: how. bytes_before, bytes_after: of the graphs with their weights, as converted and as quantised. samples: how
    many both were judged by. largest_difference: from the source, as the gate's. metric: its name, "" where there is
    none. metric_before, metric_after: of the ONNX model in floating point and quantised. run_ms_before, run_ms_after:
    of one call with as few samples as it takes, the median, both in turn in one process; None where the gate has
    refused.
    """

    mode: str
    bytes_before: int
    bytes_after: int
    samples: int
    largest_difference: float | None
    metric: str = ""
    metric_before: float | None = None
    metric_after: float | None = None
    run_ms_before: float | None = None
    run_ms_after: float | None = None


@dataclass(frozen=True)
class Published:
    """A version in the store. new: False where the same content was there already."""

    manifest: Manifest
    manifest_sha256: str
    new: bool
