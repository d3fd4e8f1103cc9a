"""Reports on what was built, and Lambda's size limit."""

from typing import NamedTuple

from pilotlight.core.errors import PackagingError
from pilotlight.core.lambda_limits import UNZIPPED_LIMIT


class PackageReport(NamedTuple):
    """A function's folder.

    Attributes:
        name: The model, or catalog.
        version: The model's version; empty for the catalog.
        files: How many files.
        bytes: Their sizes together.
        bytecode: Whether .pyc files are in it.
        note: What compiled them, or why nothing did, and which dependencies of its packages are missing.
        packages: What requirements.txt brought, and what decodes pictures, as NAME==VERSION.
        kind: "zip", or "image" where the folder holds what becomes a container image, the layer's content included.
    """

    name: str
    version: str
    files: int
    bytes: int
    bytecode: bool
    note: str
    packages: tuple[str, ...] = ()
    kind: str = "zip"

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version else ""
        size = f"{self.files} files, {format_mb(self.bytes)} {'for an image' if self.kind == 'image' else 'unzipped'}"
        own = f" with {', '.join(self.packages)}" if self.packages else ""
        return f"{self.name}{version}, {size}{own}; {self.note}"


class LayerReport(NamedTuple):
    """The layer's folder.

    Attributes:
        files: How many files.
        bytes: Their sizes together.
        parts: The bytes of each package.
        pruned: Bytes of the wheels that are not in the layer.
        bytecode: Whether .pyc files are in it.
        note: What compiled them, or why nothing did.
        cached: Whether an earlier build was used.
    """

    files: int
    bytes: int
    parts: dict[str, int]
    pruned: int
    bytecode: bool
    note: str
    cached: bool

    def __str__(self) -> str:
        size = f"{format_mb(self.bytes)} unzipped{' (from the cache)' if self.cached else ''}"
        return f"{self.files} files, {size}, {format_mb(self.pruned)} pruned; {self.note}"


def check_size(function_bytes: int, layer_bytes: int, limit: int = UNZIPPED_LIMIT) -> None:
    """Check a function and its layer against Lambda's limit.

    Args:
        function_bytes: Unzipped bytes of the function.
        layer_bytes: Unzipped bytes of the layer.
        limit: The most bytes of both.

    Raises:
        PackagingError: They are larger than Lambda takes.
    """
    total = function_bytes + layer_bytes
    if total > limit:
        raise PackagingError(
            "function and layer",
            f"are {format_mb(function_bytes)} and {format_mb(layer_bytes)} unzipped, {format_mb(total)} together;"
            f" Lambda takes {format_mb(limit)}",
            "Make the model smaller, for instance with weights in half precision, take packages out of the"
            " function's requirements.txt, or make the function a container image: `pilotlight check` says how.",
        )


def format_mb(count: int) -> str:
    """Write bytes in units of 1,000,000."""
    return f"{count / 1e6:.1f} MB"
