"""The code that runs in Lambda: from an event to tensors, through one ONNX session, and back.

An app.py imports everything it needs from here:

    from pilotlight_runtime import InvalidRequest, Tensor, model_handler

A cold start pays for every import. So nothing here imports numpy, boto3 or TensorFlow at module level, and each name
below is imported from its module when it is first used.
The package lies in the shared layer and in Pilotlight's wheel, so that the tool verifies a model with the same code
that serves it.
"""

import posix

TYPE_CHECKING = False

if TYPE_CHECKING:
    from pilotlight_runtime.assets import read_json
    from pilotlight_runtime.catalog import catalog_handler
    from pilotlight_runtime.datatypes import (
        BF16,
        BOOL,
        BYTES,
        FP16,
        FP32,
        FP64,
        INT8,
        INT16,
        INT32,
        INT64,
        UINT8,
        UINT16,
        UINT32,
        UINT64,
        Datatype,
    )
    from pilotlight_runtime.errors import InferenceFailed, InvalidRequest, LoadError, NotFound, RequestError, TooLarge
    from pilotlight_runtime.finite import predict_finite
    from pilotlight_runtime.handler import model_handler
    from pilotlight_runtime.language_app import language_handler
    from pilotlight_runtime.observer import Observer, Record
    from pilotlight_runtime.session import Session
    from pilotlight_runtime.signature import Signature, TensorSpec
    from pilotlight_runtime.streaming.function import Streaming
    from pilotlight_runtime.tensor import Tensor
    from pilotlight_runtime.text.classifier import Limits, text_classifier
    from pilotlight_runtime.text.generation import (
        CachedDecoder,
        Generated,
        GeneratedPart,
        Search,
        generate,
        generate_parts,
    )
    from pilotlight_runtime.text.subwords import Subwords
    from pilotlight_runtime.text.tensors import batches, flags_tensor, padded, read_texts, scores_tensor, texts_tensor
    from pilotlight_runtime.text.tokens import Vocabulary, characters, words
    from pilotlight_runtime.types import LoadedModel, Predict, Prepare, Prepared

__all__ = [
    "BF16",
    "BOOL",
    "BYTES",
    "FP16",
    "FP32",
    "FP64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "CachedDecoder",
    "Datatype",
    "Generated",
    "GeneratedPart",
    "InferenceFailed",
    "InvalidRequest",
    "Limits",
    "LoadError",
    "LoadedModel",
    "NotFound",
    "Observer",
    "Predict",
    "Prepare",
    "Prepared",
    "Record",
    "RequestError",
    "Search",
    "Session",
    "Signature",
    "Streaming",
    "Subwords",
    "Tensor",
    "TensorSpec",
    "TooLarge",
    "Vocabulary",
    "batches",
    "catalog_handler",
    "characters",
    "flags_tensor",
    "generate",
    "generate_parts",
    "language_handler",
    "model_handler",
    "padded",
    "predict_finite",
    "read_json",
    "read_texts",
    "scores_tensor",
    "text_classifier",
    "texts_tensor",
    "words",
]


def _has_archive() -> bool:
    """Whether this is the package in the layer, whose modules lie in one file."""
    try:
        return "modules.bin" in posix.listdir(__path__[0])
    except OSError:  # the package lies in a zip file
        return False


if _has_archive():
    __import__(f"{__name__}.archive", fromlist=["use_archive"]).use_archive(__path__[0], __name__)

_MODULES = {
    "assets": "read_json",
    "catalog": "catalog_handler",
    "datatypes": "BF16 BOOL BYTES FP16 FP32 FP64 INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 Datatype",
    "errors": "InferenceFailed InvalidRequest LoadError NotFound RequestError TooLarge",
    "finite": "predict_finite",
    "handler": "model_handler",
    "language_app": "language_handler",
    "observer": "Observer Record",
    "session": "Session",
    "signature": "Signature TensorSpec",
    "streaming.function": "Streaming",
    "tensor": "Tensor",
    "text.classifier": "Limits text_classifier",
    "text.generation": "CachedDecoder Generated GeneratedPart Search generate generate_parts",
    "text.subwords": "Subwords",
    "text.tensors": "batches flags_tensor padded read_texts scores_tensor texts_tensor",
    "text.tokens": "Vocabulary characters words",
    "types": "LoadedModel Predict Prepare Prepared",
}
"""Where each name is. Names that are not exported may be modules, which Python finds by itself."""


if not TYPE_CHECKING:  # checkers would take it for a promise that every name exists

    def __getattr__(name: str) -> object:
        """Imports an exported name when it is first used."""
        for module, names in _MODULES.items():
            if name in names.split():
                # importlib would be one more module of a cold start.
                value = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The exported names and the modules that are imported."""
    return sorted({*globals(), *__all__})
