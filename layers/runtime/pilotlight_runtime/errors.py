"""The errors of loading and of answering.

    RuntimeFault
    ├── LoadError                 the function refuses to start
    │   ├── ManifestError         manifest.json is missing, malformed or of another schema
    │   ├── MissingArtifact       a file that the manifest names is not there
    │   ├── ChecksumMismatch      a file is not the one that was published
    │   └── SessionError          ONNX Runtime cannot open the graph, or the graph is not what the manifest says
    └── RequestError              one request fails; `status` is its HTTP status
        ├── InvalidRequest        400
        ├── KeysUnchecked         401: nobody has checked the caller's key
        ├── NotFound              404
        ├── MethodNotAllowed      405
        ├── TooLarge              413
        └── InferenceFailed       500: the model failed on input that its signature allows

Each class carries one message that a caller may read. `InferenceFailed` keeps its cause only for the log.
"""


class RuntimeFault(Exception):
    """The base of all errors that the runtime raises on purpose."""


class LoadError(RuntimeFault):
    """The model cannot be served at all."""


class ManifestError(LoadError):
    """manifest.json is missing, malformed or of a schema that this runtime does not know."""


class MissingArtifact(LoadError):
    """A file named by the manifest is not in the folder."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing, but manifest.json names it; package the model again")


class ChecksumMismatch(LoadError):
    """A file's content is not what was published."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(f"{path} has sha256 {actual}, but manifest.json says {expected}; package the model again")


class SessionError(LoadError):
    """ONNX Runtime cannot open the graph, or it differs from the manifest's signature."""


class RequestError(RuntimeFault):
    """One request fails; the function goes on. `status` is the HTTP status of the answer."""

    status: int = 500

    @property
    def headers(self) -> dict[str, str]:
        """Further headers of the answer."""
        return {}

    def describe(self, request_id: str) -> dict[str, object]:
        """The body of the answer: with the request id too where the fault is ours."""
        document: dict[str, object] = {"error": str(self)}
        if self.status >= 500:
            document["request_id"] = request_id
        return document


class InvalidRequest(RequestError):
    """The request is malformed (400). The message names the field, what was expected and what came."""

    status = 400


class KeysUnchecked(RequestError):
    """API Gateway leaves keys to the functions, and this function checks none (401)."""

    status = 401


class NotFound(RequestError):
    """There is no such model, version or path (404)."""

    status = 404


class MethodNotAllowed(RequestError):
    """The path exists, but not for this HTTP method (405)."""

    status = 405

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"method {method[:20]!r} is not allowed here; use {allowed}")
        self.allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        """The Allow header, which RFC 9110 demands of status 405."""
        return {"Allow": self.allowed}


class TooLarge(RequestError):
    """A body, before or after decompression, or an answer is larger than Lambda carries (413)."""

    status = 413


class InferenceFailed(RequestError):
    """The model failed on valid input (500). The cause goes to the log, never into the answer.

    explanation: why the graph refuses the tensors that it got, such as an index out of range; "" where they are not at
        fault. It may quote what the tensors hold, so only the caller who sent them may see it.
    tensors: these tensors. Where the caller sent them, `infer` answers with an InvalidRequest instead.
    doubtful: whether the graph has never answered since it was opened, so that it may be broken itself. The explanation
        then counts only where the gate has seen the graph answer.
    """

    status = 500

    def __init__(
        self, message: str, *, explanation: str = "", tensors: tuple[object, ...] = (), doubtful: bool = False
    ) -> None:
        super().__init__(message)
        self.explanation = explanation
        self.tensors = tensors
        self.doubtful = doubtful
