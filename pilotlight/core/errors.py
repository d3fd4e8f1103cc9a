"""Errors that a person can correct. Each says where, what, and what to do next.

    UserError
    ├── ProjectError      the folder is not a Pilotlight project, or its configuration is wrong
    ├── DataError         training data is missing or has the wrong layout
    ├── TrainingError     a person's train.py failed or returned something wrong
    ├── Interrupted       a run was stopped on request, and can be resumed
    ├── ConversionError   a model cannot be converted to ONNX, or an ONNX file cannot be read
    ├── ParityError       the gate rejected the model: its outputs differ from its source's, or app.py cannot serve it
    ├── StoreError        a version is missing from the store or cannot be written to it
    ├── PackagingError    a function or the layer cannot be built, or is too large
    ├── ServiceError      an endpoint, local or remote, did not respond as expected
    ├── ImageError        the training image cannot be built or pushed to its repository
    ├── MeteringError     tenants, keys, plans or usage of the service cannot be read, or a change is refused
    └── RunError          a training run on AWS Batch cannot be submitted or watched, or it failed

The command line prints these three facts as one paragraph and exits with 1. Every other exception is a defect of
Pilotlight.
"""


class UserError(Exception):
    """An error that a person can correct.

    Args:
        where: The file, model or address.
        what: What happened there.
        hint: What to do next; "" where `what` says it.
    """

    def __init__(self, where: str, what: str, hint: str) -> None:
        super().__init__(f"{where}: {what}. {hint}".rstrip())
        self.where = where
        self.what = what
        self.hint = hint


class ProjectError(UserError):
    """The folder is not a Pilotlight project, or its configuration is wrong."""


class DataError(UserError):
    """Training data is missing or has the wrong layout."""


class TrainingError(UserError):
    """A person's train.py failed or returned something wrong."""


class Interrupted(UserError):
    """A run was stopped on request, and can be resumed."""


class ConversionError(UserError):
    """A model cannot be converted to ONNX, or an ONNX file cannot be read."""


class ParityError(UserError):
    """The gate rejected the model: its outputs differ from its source's, or app.py cannot serve it."""


class StoreError(UserError):
    """A version is missing from the store or cannot be written to it."""


class PackagingError(UserError):
    """A function or the layer cannot be built, or exceeds a limit of Lambda."""


class ServiceError(UserError):
    """An endpoint, local or remote, did not respond as expected."""


class ImageError(UserError):
    """The training image cannot be built or pushed to its repository."""


class MeteringError(UserError):
    """Tenants, keys, plans or usage of the service cannot be read, or a change is refused."""


class RunError(UserError):
    """A training run on AWS Batch cannot be submitted or watched, or it failed."""
