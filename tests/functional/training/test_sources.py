import io
from pathlib import Path

import numpy as np
import pytest

from pilotlight import Array, Arrays, Run, fingerprint, load_arrays
from pilotlight.core.errors import DataError
from pilotlight.training.keras.mnist import load_mnist

GOOD: dict[str, Array] = {
    "x_train": np.zeros((4, 2, 2), np.uint8),
    "y_train": np.arange(4),
    "x_test": np.zeros((2, 2, 2), np.uint8),
    "y_test": np.arange(2),
}


def run_on(source: str | Path) -> Run:
    return Run(str(source), epochs=1, batch_size=1, learning_rate=0.1, seed=0)


def saved(path: Path, **changes: Array | None) -> Path:
    np.savez(path, **{name: array for name, array in {**GOOD, **changes}.items() if array is not None})
    return path


def test_an_npz_file_is_read_as_it_is(tmp_path: Path) -> None:
    arrays = load_arrays(run_on(saved(tmp_path / "data.npz", extra=np.zeros(1))))
    for name, array in arrays._asdict().items():
        np.testing.assert_array_equal(array, GOOD[name])
        assert array.dtype == GOOD[name].dtype


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": None}, r"lacks y_test \(it holds x_train, y_train, x_test\)"),
        ({"x_train": np.zeros((3, 2, 2))}, "x_train has 3 samples and y_train has 4"),
        ({"x_test": np.zeros((2, 2, 3))}, r"a sample has shape \[2, 2\] in x_train and \[2, 3\] in x_test"),
        ({"x_test": np.zeros((0, 2, 2)), "y_test": np.zeros(0)}, "so it holds no samples"),
        ({"y_train": np.array(3)}, r"y_train has shape \[\], so it holds no samples"),
        ({"x_train": np.zeros((4, 2, 2), complex)}, "x_train has dtype complex128"),
        ({"x_train": np.full((4, 2, 2), np.nan)}, "x_train holds values that are not finite"),
        ({"y_train": np.array([object()] * 4)}, "contains pickled Python objects"),
        ({"x_train.a": np.zeros((4, 2))}, r"has x_train and also arrays x_train.NAME"),
    ],
)
def test_each_bad_array_is_named(tmp_path: Path, changes: dict[str, Array | None], message: str) -> None:
    path = saved(tmp_path / "data.npz", **changes)
    with pytest.raises(DataError, match=message) as caught:
        load_arrays(run_on(path))
    assert caught.value.where == str(path)


NAMED = {
    "x_train.image": np.zeros((4, 3), np.float32),
    "x_train.word": np.array(["a", "b", "c", "d"]),
    "y_train.price": np.arange(4.0),
    "x_test.image": np.ones((2, 3), np.float32),
    "x_test.word": np.array(["e", "f"]),
    "y_test.price": np.arange(2.0),
}
"""Two inputs and one output by name."""


def read_named(folder: Path, kind: str, **changes: Array | None) -> Arrays:
    """The arrays NAMED with `changes`, in an .npz file or in a folder of .npy files."""
    arrays = {name: array for name, array in {**NAMED, **changes}.items() if array is not None}
    if kind == "npz":
        np.savez(folder / "data.npz", **arrays)
        return load_arrays(run_on(folder / "data.npz"))
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return load_arrays(run_on(folder))


@pytest.mark.parametrize("kind", ["npz", "folder"])
def test_arrays_of_several_names_are_mappings(tmp_path: Path, kind: str) -> None:
    arrays = read_named(tmp_path, kind)
    for part, samples in arrays._asdict().items():
        assert set(samples) == {name.removeprefix(f"{part}.") for name in NAMED if name.startswith(part)}
        for name, array in samples.items():
            np.testing.assert_array_equal(array, NAMED[f"{part}.{name}"])
            assert isinstance(array, np.memmap) == (kind == "folder")


@pytest.mark.parametrize("kind", ["npz", "folder"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_test.word": None}, "has image, word in x_train and image in x_test. Give both parts arrays of the same"),
        ({"x_train.word": np.array(["a"])}, r"x_train\['word'\] has 1 samples, and x_train\['image'\] has 4"),
        ({"x_test.image": np.ones((2, 4))}, r"a sample has shape \[3\] in x_train.image and \[4\] in x_test.image"),
        ({"y_train.price": np.arange(3.0)}, "x_train has 4 samples and y_train has 3"),
        ({"x_train.image": np.full((4, 3), np.nan)}, r"x_train\['image'\] holds values that are not finite"),
        ({"x_test.image": None, "x_test.word": None, "x_test": np.ones((2, 3))}, "in x_train and one array in x_test"),
        ({"y_test.price": None}, "lacks y_test"),
    ],
)
def test_each_bad_array_of_several_is_named(
    tmp_path: Path, kind: str, changes: dict[str, Array | None], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_named(tmp_path, kind, **changes)


def one_array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b"x_train,y_train\n1,2\n", "or is not an .npz file"),
        (one_array(), "is a single array"),
        (b"PK\x03\x04" + b"\0" * 40, "cannot be read"),
    ],
)
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_arrays(run_on(path))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "data.npz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="cannot be read"):
        load_arrays(run_on(path))


@pytest.mark.parametrize("source", ["cifar", ""])
def test_unknown_sources_name_the_known_ones(source: str) -> None:
    with pytest.raises(DataError, match="Give one of digits, mnist"):
        load_arrays(run_on(source))


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        load_arrays(run_on(tmp_path / "data.npz"))


def test_an_object_is_fetched(tmp_path: Path) -> None:
    path = saved(tmp_path / "data.npz")
    asked = []

    def fetch(url: str, target: Path) -> None:
        asked.append(url)
        target.write_bytes(path.read_bytes())

    run = Run("s3://bucket/key.npz", 1, 1, 0.1, 0, fetch=fetch)
    assert fingerprint(load_arrays(run)) == fingerprint(load_arrays(run_on(path)))
    assert asked == ["s3://bucket/key.npz"]


def test_objects_need_a_client_and_the_right_name() -> None:
    with pytest.raises(DataError, match="without an AWS client"):
        load_arrays(run_on("s3://bucket/key.npz"))
    with pytest.raises(DataError, match=r"is not an \.npz object"):
        load_arrays(run_on("s3://bucket/key.csv"))


def test_a_failed_download_says_what_to_do_instead() -> None:
    def refused() -> None:
        raise OSError("URL fetch failure: Name or service not known")

    with pytest.raises(DataError, match=r"could not be downloaded .*Name or service.*--data PATH\.npz"):
        load_mnist(refused)


def test_the_digits_are_real_split_evenly_and_always_the_same() -> None:
    arrays = load_arrays(run_on("digits"))
    assert arrays.x_train.shape == (1437, 28, 28)
    assert arrays.x_test.shape == (360, 28, 28)
    assert arrays.x_train.dtype == np.uint8
    assert arrays.x_train.max() == 255
    assert arrays.x_train.min() == 0
    assert np.bincount(arrays.y_test).min() >= 34
    assert fingerprint(arrays) == fingerprint(load_arrays(run_on("digits")))
    held_out = {image.tobytes() for image in arrays.x_test}
    assert not held_out & {image.tobytes() for image in arrays.x_train}


def test_a_fingerprint_sees_values_dtype_shape_and_place() -> None:
    arrays = load_arrays(run_on("digits"))
    changed = arrays.x_test.copy()
    changed[3, 4, 5] ^= 1
    others = [
        arrays._replace(x_test=changed),
        arrays._replace(y_test=arrays.y_test.astype(np.int64)),
        arrays._replace(x_train=arrays.x_train[..., None]),
        arrays._replace(x_train=arrays.x_test, x_test=arrays.x_train),
    ]
    assert len({fingerprint(each) for each in (arrays, *others)}) == 5


def test_a_fingerprint_sees_the_names_and_the_texts_of_several_arrays(tmp_path: Path) -> None:
    arrays = read_named(tmp_path, "npz")
    words = np.array(["a", "b", "c", "d"], object)
    others = [
        arrays._replace(x_train={"other": arrays.x_train["image"], "word": arrays.x_train["word"]}),
        arrays._replace(x_train={**arrays.x_train, "word": words}),
        arrays._replace(x_train={**arrays.x_train, "word": words[::-1].copy()}),
        arrays._replace(x_train={**arrays.x_train, "word": np.array(["ab", "", "c", "d"], object)}),
        arrays._replace(y_train=None, y_test=None),
    ]
    assert len({fingerprint(each) for each in (arrays, *others)}) == 6
    again = arrays._replace(x_train={**arrays.x_train, "word": np.array([str(word) for word in words], object)})
    assert fingerprint(again) == fingerprint(others[1])
    turned = arrays._replace(x_train=dict(reversed(arrays.x_train.items())))
    assert fingerprint(turned) == fingerprint(arrays)


def test_the_fingerprint_of_four_arrays_is_the_one_that_older_checkpoints_have() -> None:
    arrays = Arrays(*(np.arange(size, dtype=np.int64) for size in (2, 2, 1, 1)))
    assert fingerprint(arrays) == "b7e0ffa783ca91afefb43b4f102403a2f3878192cc4a4b3dee649ba4cc00f3fd"
