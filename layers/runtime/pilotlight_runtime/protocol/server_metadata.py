"""The server's metadata, the same for a model's function and for the catalog."""

from pilotlight_runtime.light_typing import Any, Final

SERVER_NAME: Final = "pilotlight"
SERVER_VERSION: Final = "0.1.0"
BINARY_TENSORS: Final = "binary_tensor_data"
MODEL_REPOSITORY: Final = "model_repository"


def server_metadata(*extensions: str) -> dict[str, Any]:
    """The answer to GET /v2."""
    return {"name": SERVER_NAME, "version": SERVER_VERSION, "extensions": list(extensions)}
