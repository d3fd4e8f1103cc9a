"""Objects in S3 as files on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pilotlight.core.data_source import DataSource, SourceKind
from pilotlight.core.disk import temporary_folder
from pilotlight.core.errors import DataError
from pilotlight.training.data.arrays import Arrays
from pilotlight.training.data.npz import load_npz
from pilotlight.training.run import Fetch, Run


def load_s3(url: str, fetch: Fetch | None) -> Arrays:
    """The arrays of the .npz object at `url`. Errors of `fetch` are passed on."""
    if not url.endswith(".npz"):
        raise DataError(url, "is not an .npz object", "Give s3://bucket/key.npz.")
    with fetch_to_file(url, fetch) as path:
        return load_npz(path, url)


@contextmanager
def fetch_to_file(url: str, fetch: Fetch | None) -> Iterator[Path]:
    """Inside the block, the object at `url` is a temporary file with the same suffix.

    Where `url` ends with a slash, all objects below it are in a temporary folder.

    Raises:
        DataError: There is no AWS client.
        UserError: The temporary folder cannot be used, or is too small.
    """
    if fetch is None:
        raise DataError(url, "cannot be fetched without an AWS client", "Run `pip install 'pilotlight[aws]'`.")
    with temporary_folder() as folder:
        path = folder / f"data{Path(url).suffix}"
        fetch(url, path)
        yield path


@contextmanager
def local_folder(run: Run) -> Iterator[Run]:
    """Inside the block, `run` with a prefix in S3 as a folder on this machine; a run on other data is not changed.

    Arrays that are mapped from its files can be used after the block: a file's content stays while it is mapped.
    """
    if run.location.kind is not SourceKind.PREFIX:
        yield run
        return
    with fetch_to_file(run.source, run.fetch) as folder:
        yield replace(run, data=str(folder), data_source=DataSource(str(folder), SourceKind.FOLDER, folder))
