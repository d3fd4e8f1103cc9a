"""Objects in S3, as files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.npz import load_npz
from pilotlight.training.run import Fetch, Run


def load_s3(url: str, fetch: Fetch | None) -> Arrays:
    """The arrays of the .npz object at `url`; what `fetch` raises passes through."""
    if not url.endswith(".npz"):
        raise DataError(url, "is not an .npz object", "Give s3://bucket/key.npz.")
    with fetched(url, fetch) as path:
        return load_npz(path, url)


@contextmanager
def fetched(url: str, fetch: Fetch | None) -> Iterator[Path]:
    """Inside, the object at `url` is a temporary file whose name ends as the object's does.

    Where `url` ends with a slash, everything below it is a temporary folder.
    """
    if fetch is None:
        raise DataError(url, "cannot be fetched without an AWS client", "Run `pip install 'pilotlight[aws]'`.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{Path(url).suffix}"
        fetch(url, path)
        yield path


@contextmanager
def local_folder(run: Run) -> Iterator[Run]:
    """Inside, a run whose source is a prefix in S3 has it as a folder on this machine; any other run is as it was.

    Arrays that are mapped from its files outlive it: a file's content stays until nobody reads it any more.
    """
    if run.location.kind is not SourceKind.PREFIX:
        yield run
        return
    with fetched(run.source, run.fetch) as folder:
        yield replace(run, data=str(folder), data_source=DataSource(str(folder), SourceKind.FOLDER, folder))
