"""A file in S3."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilotlight.core.errors import DataError
from pilotlight.training.arrays import Arrays
from pilotlight.training.run import Fetch
from pilotlight.training.sources.npz import load_npz


def load_s3(url: str, fetch: Fetch | None) -> Arrays:
    """The arrays of the .npz object at `url`; what `fetch` raises passes through."""
    if not url.endswith(".npz"):
        raise DataError(url, "is not an .npz object", "Give s3://bucket/key.npz.")
    with fetched(url, fetch) as path:
        return load_npz(path, url)


@contextmanager
def fetched(url: str, fetch: Fetch | None) -> Iterator[Path]:
    """Inside, the object at `url` is a temporary file whose name ends as the object's does."""
    if fetch is None:
        raise DataError(url, "cannot be fetched without an AWS client", "Run `pip install 'pilotlight[aws]'`.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{Path(url).suffix}"
        fetch(url, path)
        yield path
