"""Pilotlight: train on GPUs, serve from functions that cost nothing while idle.

What a train.py and a notebook use is here: `from pilotlight import Dataset, Run, fit_model`. What an app.py uses is in
`pilotlight_runtime`, and so is what train.py shares with it. A name is imported when it is first used:
`import pilotlight` loads neither numpy nor TensorFlow.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pilotlight.api.arrays import Array, NamedArrays
    from pilotlight.api.batch import build_image, cancel_run, push_image, runs, tag_image, train_on_batch, watch_run
    from pilotlight.api.billing import (
        apply_plans,
        archive_usage,
        assign_plan,
        audit_usage,
        estimate_costs,
        invoice,
        usage,
    )
    from pilotlight.api.captures import capture_tenant, captures, read_capture
    from pilotlight.api.functions import benchmark, demo, invoke, package, serve
    from pilotlight.api.keys import create_key, keys, revoke_key, rotate_key
    from pilotlight.api.language import chat
    from pilotlight.api.projects import check, init, models, new, pin, repair, show
    from pilotlight.api.tenants import (
        create_tenant,
        delete_tenant,
        forget_tenant,
        migrate_tenants,
        resume_tenant,
        suspend_tenant,
        tenant_history,
        tenants,
    )
    from pilotlight.api.training import convert, import_model, train
    from pilotlight.core.artifacts import Dataset, Exported, FittedModel
    from pilotlight.core.errors import (
        ConversionError,
        DataError,
        ImageError,
        Interrupted,
        MeteringError,
        PackagingError,
        ParityError,
        ProjectError,
        RunError,
        ServiceError,
        StoreError,
        TrainingError,
        UserError,
    )
    from pilotlight.core.progress import Progress, ProgressEvent
    from pilotlight.core.project import Project, find_project
    from pilotlight.metering.costs import RequestShape
    from pilotlight.training.batches import EpochBatches
    from pilotlight.training.data.arrays import Arrays, fingerprint
    from pilotlight.training.data.load_table import load_table
    from pilotlight.training.data.sklearn_tables import feature_names
    from pilotlight.training.data.sources import load_arrays
    from pilotlight.training.data.tables import load_classes, load_targets
    from pilotlight.training.keras.batches import array_batches, epoch_batches
    from pilotlight.training.keras.fit import fit_model
    from pilotlight.training.keras.progress import keras_progress
    from pilotlight.training.run import Run
    from pilotlight.training.sklearn import folds, record_learning_curve
    from pilotlight.training.text.batches import padded_array, text_batches
    from pilotlight.training.text.classifier import exported_classifier
    from pilotlight.training.text.generation import generate_recomputed
    from pilotlight.training.text.pair_batches import pair_batches
    from pilotlight.training.text.subwords import learn_subwords
    from pilotlight.training.text.text_folder import LabelledTexts, load_text_folder
    from pilotlight.training.text.translations import load_translations
    from pilotlight.training.text.tsv_folder import load_tsv_folder
    from pilotlight.training.text.vocabulary import build_vocabulary
    from pilotlight.training.torch.batches import tensor_batches
    from pilotlight.training.torch.fit import fit_torch
    from pilotlight.training.train_module import TrainModule, load_train_module
    from pilotlight.verification.metrics import METRICS
    from pilotlight.workflows.batch_types import BatchResult
    from pilotlight.workflows.follow_job import RunDetached
    from pilotlight.workflows.types import SeedScores, TrainResult

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime reads it when it is imported

__version__: Final = "0.1.0"

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # The use cases: what the command line does, as functions, and what they return.
    "pilotlight.api.batch": (
        "build_image",
        "cancel_run",
        "push_image",
        "runs",
        "tag_image",
        "train_on_batch",
        "watch_run",
    ),
    "pilotlight.api.captures": ("capture_tenant", "captures", "read_capture"),
    "pilotlight.api.functions": ("benchmark", "demo", "invoke", "package", "serve"),
    "pilotlight.api.language": ("chat",),
    "pilotlight.api.projects": ("check", "init", "models", "new", "pin", "repair", "show"),
    "pilotlight.api.billing": (
        "apply_plans",
        "archive_usage",
        "assign_plan",
        "audit_usage",
        "estimate_costs",
        "invoice",
        "usage",
    ),
    "pilotlight.api.keys": ("create_key", "keys", "revoke_key", "rotate_key"),
    "pilotlight.api.tenants": (
        "create_tenant",
        "delete_tenant",
        "forget_tenant",
        "migrate_tenants",
        "resume_tenant",
        "suspend_tenant",
        "tenant_history",
        "tenants",
    ),
    "pilotlight.metering.costs": ("RequestShape",),
    "pilotlight.api.training": ("convert", "import_model", "train"),
    "pilotlight.workflows.follow_job": ("RunDetached",),
    "pilotlight.workflows.batch_types": ("BatchResult",),
    "pilotlight.workflows.types": ("SeedScores", "TrainResult"),
    "pilotlight.core.progress": ("Progress", "ProgressEvent"),
    # The values of a run, and where a project is.
    "pilotlight.api.arrays": ("Array", "NamedArrays"),
    "pilotlight.core.artifacts": ("Dataset", "Exported", "FittedModel"),
    "pilotlight.core.errors": (
        *("ConversionError", "DataError", "ImageError", "Interrupted", "MeteringError", "PackagingError"),
        *("ParityError", "ProjectError", "RunError", "ServiceError", "StoreError", "TrainingError", "UserError"),
    ),
    "pilotlight.core.project": ("Project", "find_project"),
    # Training: data, batches, fitting.
    "pilotlight.training.batches": ("EpochBatches",),
    "pilotlight.training.data.arrays": ("Arrays", "fingerprint"),
    "pilotlight.training.data.load_table": ("load_table",),
    "pilotlight.training.data.sklearn_tables": ("feature_names",),
    "pilotlight.training.data.sources": ("load_arrays",),
    "pilotlight.training.data.tables": ("load_classes", "load_targets"),
    "pilotlight.training.keras.batches": ("array_batches", "epoch_batches"),
    "pilotlight.training.keras.fit": ("fit_model",),
    "pilotlight.training.keras.progress": ("keras_progress",),
    "pilotlight.training.run": ("Run",),
    "pilotlight.training.sklearn": ("folds", "record_learning_curve"),
    "pilotlight.training.text.batches": ("padded_array", "text_batches"),
    "pilotlight.training.text.classifier": ("exported_classifier",),
    "pilotlight.training.text.generation": ("generate_recomputed",),
    "pilotlight.training.text.pair_batches": ("pair_batches",),
    "pilotlight.training.text.subwords": ("learn_subwords",),
    "pilotlight.training.text.text_folder": ("LabelledTexts", "load_text_folder"),
    "pilotlight.training.text.translations": ("load_translations",),
    "pilotlight.training.text.tsv_folder": ("load_tsv_folder",),
    "pilotlight.training.text.vocabulary": ("build_vocabulary",),
    "pilotlight.training.torch.batches": ("tensor_batches",),
    "pilotlight.training.torch.fit": ("fit_torch",),
    "pilotlight.training.train_module": ("TrainModule", "load_train_module"),
    "pilotlight.verification.metrics": ("METRICS",),
}
"""What each module exports here. A test holds it, the imports above and __all__ equal."""

_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "METRICS",
    "Array",
    "Arrays",
    "BatchResult",
    "ConversionError",
    "DataError",
    "Dataset",
    "EpochBatches",
    "Exported",
    "FittedModel",
    "ImageError",
    "Interrupted",
    "LabelledTexts",
    "MeteringError",
    "NamedArrays",
    "PackagingError",
    "ParityError",
    "Progress",
    "ProgressEvent",
    "Project",
    "ProjectError",
    "RequestShape",
    "Run",
    "RunDetached",
    "RunError",
    "SeedScores",
    "ServiceError",
    "StoreError",
    "TrainModule",
    "TrainResult",
    "TrainingError",
    "UserError",
    "__version__",
    "apply_plans",
    "archive_usage",
    "array_batches",
    "assign_plan",
    "audit_usage",
    "benchmark",
    "build_image",
    "build_vocabulary",
    "cancel_run",
    "capture_tenant",
    "captures",
    "chat",
    "check",
    "convert",
    "create_key",
    "create_tenant",
    "delete_tenant",
    "demo",
    "epoch_batches",
    "estimate_costs",
    "exported_classifier",
    "feature_names",
    "find_project",
    "fingerprint",
    "fit_model",
    "fit_torch",
    "folds",
    "forget_tenant",
    "generate_recomputed",
    "import_model",
    "init",
    "invoice",
    "invoke",
    "keras_progress",
    "keys",
    "learn_subwords",
    "load_arrays",
    "load_classes",
    "load_table",
    "load_targets",
    "load_text_folder",
    "load_train_module",
    "load_translations",
    "load_tsv_folder",
    "migrate_tenants",
    "models",
    "new",
    "package",
    "padded_array",
    "pair_batches",
    "pin",
    "push_image",
    "read_capture",
    "record_learning_curve",
    "repair",
    "resume_tenant",
    "revoke_key",
    "rotate_key",
    "runs",
    "serve",
    "show",
    "suspend_tenant",
    "tag_image",
    "tenant_history",
    "tenants",
    "tensor_batches",
    "text_batches",
    "train",
    "train_on_batch",
    "usage",
    "watch_run",
]


if not TYPE_CHECKING:  # a type checker would take any name for one that exists

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_MODULES[name]), name)
        globals()[name] = value  # the next use finds it without this function
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
