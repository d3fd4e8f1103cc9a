"""Errors that a person can act on: where, what, what to do next.

    UserError
    ├── ProjectError      the folder is not a Pilotlight project, or its configuration is wrong
    ├── DataError         training data is missing or not in the layout that was promised
    ├── TrainingError     a person's train.py failed or broke its contract
    ├── Interrupted       a run was told to stop, and can go on later
    ├── ConversionError   a model cannot become ONNX, or an ONNX file cannot be read
    ├── ParityError       the gate refused: the ONNX model does not answer as its source does, or app.py cannot serve it
    ├── StoreError        a version is missing from the store or cannot be written to it
    ├── PackagingError    a function or the layer cannot be built, or is too large
    ├── ServiceError      an endpoint, local or remote, did not answer as expected
    ├── ImageError        the training image cannot be built or sent to its repository
    └── RunError          a training run on AWS Batch cannot be submitted or watched, or it failed

The command line prints these three facts as one paragraph and exits with 1. Everything else is a defect of ours.
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
    """Training data is missing or not in the layout that was promised."""


class TrainingError(UserError):
    """A person's train.py failed or broke its contract."""


class Interrupted(UserError):
    """A run was told to stop, and can go on later."""


class ConversionError(UserError):
    """A model cannot become ONNX, or an ONNX file cannot be read."""


class ParityError(UserError):
    """The gate refused: the ONNX model does not answer as its source does, or app.py cannot serve it."""


class StoreError(UserError):
    """A version is missing from the store or cannot be written to it."""


class PackagingError(UserError):
    """A function or the layer cannot be built, or is larger than Lambda takes."""


class ServiceError(UserError):
    """An endpoint, local or remote, did not answer as expected."""


class ImageError(UserError):
    """The training image cannot be built or sent to its repository."""


class RunError(UserError):
    """A training run on AWS Batch cannot be submitted or watched, or it failed."""
