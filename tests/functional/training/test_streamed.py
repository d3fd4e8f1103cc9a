"""Data that need not fit into memory: mapped from disk, fetched from a prefix in S3."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import numpy as np
import pytest
from moto import mock_aws

from pilotlight import Arrays, Run, array_batches, fingerprint, load_arrays, load_train_module
from pilotlight.aws import download_prefix
from pilotlight.core.artifacts import Array
from pilotlight.core.errors import DataError
from pilotlight.training import load, local_folder
from pilotlight.training.data.arrays import check_arrays

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TRAIN = """
from pilotlight.core.artifacts import Dataset
from pilotlight import fingerprint, load_arrays

def load(run):
    arrays = load_arrays(run)
    return Dataset(*arrays, source=run.source, fingerprint=fingerprint(arrays))

def train(data, run):
    return data
"""


def arrays_of(draw: np.random.Generator) -> dict[str, Array]:
    return {
        "x_train": draw.normal(size=(6, 3)).astype(np.float32),
        "y_train": np.arange(6),
        "x_test": draw.normal(size=(2, 3)).astype(np.float32),
        "y_test": np.arange(2),
    }


def save(folder: Path, arrays: dict[str, Array]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def run_on(source: str | Path, client: S3Client | None = None) -> Run:
    run = Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0)
    return run if client is None else Run(str(source), 1, 1, 0.1, 0, fetch=partial(download_prefix, client))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        yield client


def test_a_folder_of_arrays_is_mapped(tmp_path: Path) -> None:
    wanted = arrays_of(np.random.default_rng(1))
    found = load_arrays(run_on(save(tmp_path / "set", wanted)))
    for name, array in found._asdict().items():
        assert isinstance(array, np.memmap)
        np.testing.assert_array_equal(array, wanted[name])
    assert fingerprint(found) == fingerprint(Arrays(**wanted))


def test_a_set_of_half_a_gigabyte_takes_a_batch_of_memory(tmp_path: Path) -> None:
    rows, width = 4096, 32768
    large = np.lib.format.open_memmap(tmp_path / "x_train.npy", "w+", np.float32, (rows, width))  # sparse, all zeros
    large[-1, -1] = 1
    del large
    for name, count in (("y_train", rows), ("y_test", 4)):
        np.save(tmp_path / f"{name}.npy", np.zeros(count, np.int64))
    np.save(tmp_path / "x_test.npy", np.zeros((4, width), np.float32))
    array_batches(np.zeros(1), np.zeros(1), 1, 3)  # Keras is imported now, and not counted
    tracemalloc.start()
    try:
        arrays = load_arrays(run_on(tmp_path))
        assert len(fingerprint(arrays)) == 64
        batches = array_batches(arrays.x_train, arrays.y_train, 64, 3)
        seen = sum(float(batches.at(0, step)[0].sum()) for step in range(len(batches)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == 1
    assert (tmp_path / "x_train.npy").stat().st_size > 512 << 20
    assert peak < 128 << 20


def test_what_a_folder_lacks_is_said(tmp_path: Path) -> None:
    arrays = arrays_of(np.random.default_rng(1))
    folder = save(tmp_path / "set", {name: arrays[name] for name in ("x_train", "y_train", "x_test")})
    with pytest.raises(DataError, match=r"set: lacks y_test.npy. It needs x_train.npy, y_train.npy"):
        load_arrays(run_on(folder))
    (folder / "y_test.npy").write_bytes(b"not an array")
    with pytest.raises(DataError, match=r"y_test.npy is not an array of numbers or text"):
        load_arrays(run_on(folder))


def test_an_infinite_value_far_back_is_found() -> None:
    x = np.zeros((40, 1 << 20), np.float32)
    x[-1, -1] = np.inf
    y = np.zeros(40, np.int64)
    with pytest.raises(DataError, match="x_train holds values that are not finite"):
        check_arrays(Arrays(x, y, x[:1], y[:1]), "here")


def test_everything_below_a_prefix_is_fetched_and_outlives_the_folder(tmp_path: Path, client: S3Client) -> None:
    wanted = arrays_of(np.random.default_rng(2))
    for path in save(tmp_path / "set", wanted).iterdir():
        client.upload_file(str(path), "data", f"sets/one/{path.name}")
    (tmp_path / "train.py").write_text(TRAIN)
    run = run_on("s3://data/sets/one/", client)
    with local_folder(run) as local:
        assert Path(local.source).is_dir()
        found = load(load_train_module(tmp_path), run, local)
    assert not Path(local.source).exists()
    assert found.source == "s3://data/sets/one/"
    np.testing.assert_array_equal(found.x_train, wanted["x_train"])


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("other/x.npy", "s3://data/sets/one/: holds no objects"),
        ("sets/one/../../../x.npy", "names a place outside the prefix"),
    ],
)
def test_a_prefix_that_cannot_be_fetched(tmp_path: Path, client: S3Client, key: str, why: str) -> None:
    client.put_object(Bucket="data", Key=key, Body=b"")
    with pytest.raises(DataError, match=why):
        download_prefix(client, "s3://data/sets/one/", tmp_path / "into")
    assert not list(tmp_path.rglob("*.npy"))
