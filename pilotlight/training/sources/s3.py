"""An .npz object in S3."""

import tempfile
from pathlib import Path

from pilotlight.core.errors import DataError
from pilotlight.training.arrays import Arrays
from pilotlight.training.run import Fetch
from pilotlight.training.sources.npz import load_npz


def load_s3(url: str, fetch: Fetch | None) -> Arrays:
    """The arrays of the object at `url`, by way of a temporary file; what `fetch` raises passes through."""
    if not url.endswith(".npz"):
        raise DataError(url, "is not an .npz object", "Give s3://bucket/key.npz.")
    if fetch is None:
        raise DataError(url, "cannot be fetched without an AWS client", "Run `pip install 'pilotlight[aws]'`.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        fetch(url, path)
        return load_npz(path, url)
