"""The values that one stage passes to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pilotlight.core.learning_curve import LearningCurve
from pilotlight.core.samples import Samples
from pilotlight_runtime.manifest import Loading, Manifest
from pilotlight_runtime.signature import Signature

if TYPE_CHECKING:  # numpy takes half of the time in which `pilotlight serve` starts, and serve has no arrays
    import numpy as np
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.generic]"
NamedArrays: TypeAlias = "Mapping[str, Array]"
"""Arrays by their names in the signature."""


@dataclass(frozen=True)
class Dataset:
    """The data of a run, prepared for the model.

    Attributes:
        x_train: Training samples along the first axis, as the model takes them: one array, or a mapping of arrays by
            input name, or a pandas or polars frame with one column for each input. `train` gets it as it is.
        y_train: One label or target for each training sample: one array, or a mapping of arrays by output name. None
            where a model learns without.
        x_test: Held-out samples, like x_train. Metrics and verification use them.
        y_test: One label or target for each held-out sample, like y_train.
        source: The data source: `run.source`.
        fingerprint: The result of `fingerprint` for the arrays as they were read. The manifest records it.
        classes: The names of the classes in the order of the numbers in y; empty where the data has no names.
    """

    x_train: Samples
    y_train: Samples
    x_test: Samples
    y_test: Samples
    source: str
    fingerprint: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedModel:
    """A fitted model before its conversion.

    Attributes:
        model: The framework's own object, or an Exported.
        dataset: The data that it was fitted on.
        metrics: The metrics on the held-out part, by name.
        seconds: The duration of the fit in seconds.
        settings: The settings of the fit, such as epochs, batch size, learning rate and seed.
        curve: The learning curve; None where the run recorded none.
    """

    model: Any
    dataset: Dataset
    metrics: Mapping[str, float]
    seconds: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    curve: LearningCurve | None = None


@dataclass(frozen=True)
class Exported:
    """What a train.py returns for a model behind code of its own in app.py, such as a tokeniser or several graphs.

    Attributes:
        graphs: Models of a framework by name. Each is converted with the signature that it declares.
        predict: Takes the inputs by name as callers send them, samples along the first axis, and returns the outputs by
            name. The fitted models compute them without ONNX. Verification compares the outputs of app.py with them.
        assets: The content of the files that app.py reads, such as a vocabulary, by file name.
        metrics: The metrics on the held-out part, by name. Where the metric of [training] is missing, it is computed
            from `predict`.
        trained: The fitted model, whose history becomes the learning curve; None where there is none.
    """

    graphs: Mapping[str, Any]
    predict: Callable[[NamedArrays], NamedArrays]
    assets: Mapping[str, bytes] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    trained: Any = None


@dataclass(frozen=True)
class Reference:
    """The outputs that the ONNX model must reproduce.

    Attributes:
        predict: The source model: outputs by name for inputs by name, samples along the first axis.
        inputs: Held-out samples by input name.
        labels: One label for each sample; None where no metric can be computed.
        resolve_ties: Takes the outputs of the source and of the ONNX model, and returns the expected outputs. None
            where the outputs of the source are the expected ones.
        measured: The output that the labels belong to; "" where they belong to all outputs.
    """

    predict: Callable[[NamedArrays], NamedArrays]
    inputs: NamedArrays
    labels: Array | None
    resolve_ties: Callable[[NamedArrays, NamedArrays], NamedArrays] | None = None
    measured: str = ""


@dataclass(frozen=True)
class Candidate:
    """A converted model that is not verified yet: a folder with model.onnx, and its external data beside it.

    Attributes:
        folder: The folder.
        signature: The inputs and outputs that callers see.
        loading: Which graph of the folder is opened on which host; None where there is no choice.
        parts: The graphs behind the code of app.py by name, each in a folder of that name; empty where model.onnx
            itself answers callers.
        assets: The names of the other files in the folder that app.py reads.
    """

    folder: Path
    signature: Signature
    loading: Loading | None = None
    parts: Mapping[str, Candidate] = field(default_factory=dict)
    assets: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedVersion:
    """A version in the store.

    Attributes:
        manifest: The manifest of the version.
        manifest_sha256: The SHA-256 of its manifest.json, in hexadecimal.
        new: Whether this publication wrote it; False where the store had the same content already.
    """

    manifest: Manifest
    manifest_sha256: str
    new: bool
