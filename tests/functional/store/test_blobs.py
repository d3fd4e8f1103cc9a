"""What every Blobs promises."""

from pathlib import Path

import pytest

from pilotlight.store import Blobs, FolderBlobs, PrefixedBlobs

LARGE = bytes(range(256)) * (6 << 12)  # 6 MiB: in S3 it goes in two parts


def test_the_first_put_stays(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "second").write_bytes(b"second")
    assert blobs.put_bytes("m/v/a", b"first")
    assert not blobs.put_bytes("m/v/a", b"second")
    assert not blobs.put_file("m/v/a", tmp_path / "second")
    assert blobs.get_bytes("m/v/a") == b"first"


def test_large_and_empty_files_come_back(blobs: Blobs, tmp_path: Path) -> None:
    for name, content in {"large": LARGE, "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        assert blobs.put_file(f"m/v/{name}", tmp_path / name)
        assert not blobs.put_file(f"m/v/{name}", tmp_path / name)
        assert blobs.get_file(f"m/v/{name}", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == content


def test_what_is_absent(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.get_bytes("m/v/a") is None
    assert not blobs.get_file("m/v/a", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert list(blobs.names("")) == []


def test_names_are_sorted_and_begin_with_the_prefix(blobs: Blobs) -> None:
    for name in ("m/v/b", "m/v/a", "m2/v/a"):
        blobs.put_bytes(name, b"")
    assert list(blobs.names("m/")) == ["m/v/a", "m/v/b"]
    assert list(blobs.names("")) == ["m/v/a", "m/v/b", "m2/v/a"]


def test_what_is_removed_may_be_put_again(blobs: Blobs) -> None:
    blobs.put_bytes("m/v/a", b"first")
    blobs.remove("m/v/a")
    blobs.remove("m/v/a")
    assert list(blobs.names("")) == []
    assert blobs.put_bytes("m/v/a", b"second")


def test_a_prefix_is_a_place_of_its_own(blobs: Blobs, tmp_path: Path) -> None:
    inner = PrefixedBlobs(blobs, ".runs/one")
    assert inner.put_bytes("a", b"content")
    assert not inner.put_bytes("a", b"other")
    assert list(blobs.names("")) == [".runs/one/a"]
    assert list(inner.names("")) == ["a"]
    assert inner.get_bytes("a") == b"content"
    assert inner.get_file("a", tmp_path / "back")
    assert inner.put_file("b/c", tmp_path / "back")
    assert inner.location == f"{blobs.location}/.runs/one"
    inner.remove("a")
    assert list(blobs.names("")) == [".runs/one/b/c"]


def test_content_is_read_in_pieces(blobs: Blobs) -> None:
    content = bytes(range(256)) * 20_000
    blobs.put_bytes("m/v/a", content)
    chunks = blobs.read_chunks("m/v/a")
    assert chunks is not None
    pieces = list(chunks)
    assert (b"".join(pieces), len(pieces) > 2) == (content, True)
    assert blobs.read_chunks("m/v/b") is blobs.read_chunks("m") is None


def test_sizes_are_listed_with_the_names(blobs: Blobs) -> None:
    for name, content in (("m/v/b", b"12"), ("m/v/a", b""), ("n/v/a", b"1")):
        blobs.put_bytes(name, content)
    assert list(blobs.sizes("m/").items()) == [("m/v/a", 0), ("m/v/b", 2)]
    assert PrefixedBlobs(blobs, "m").sizes("v/") == {"v/a": 0, "v/b": 2}
    assert blobs.sizes("none/") == {}


@pytest.mark.parametrize("size", [0, 1, 100_000, 11 << 20])
def test_content_is_compared_with_a_file(blobs: Blobs, tmp_path: Path, size: int) -> None:
    """The largest goes to S3 in parts."""
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_bytes(b"x" * size)
    blobs.put_file("m/v/a", file)
    assert blobs.has_content("m/v/a", file)
    assert not blobs.has_content("m/v/b", file)
    for content in (b"x" * (size + 1), b"x" * (size - 1) + b"y" if size else b"y"):
        other.write_bytes(content)
        assert not blobs.has_content("m/v/a", other)


@pytest.mark.parametrize("size", [1, 6 << 20])
def test_a_replaced_blob_is_kept_aside(blobs: Blobs, tmp_path: Path, size: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * size)
    blobs.replace("m/v/a", file, "aside/m/v/a")
    assert list(blobs.names("")) == ["m/v/a"]
    for content in (b"1", b"2"):
        blobs.remove("m/v/a")
        blobs.put_bytes("m/v/a", content)
        blobs.replace("m/v/a", file, "aside/m/v/a")
        assert blobs.has_content("m/v/a", file)
    assert list(blobs.names("")) == ["aside/m/v/a", "aside/m/v/a.2", "m/v/a"]
    assert [blobs.get_bytes(name) for name in ("aside/m/v/a", "aside/m/v/a.2")] == [b"1", b"2"]


def test_a_moved_blob_keeps_its_content(blobs: Blobs) -> None:
    blobs.move("m/v/a", "aside/a")
    for content in (b"1", b"2"):
        blobs.put_bytes("m/v/a", content)
        blobs.move("m/v/a", "aside/a")
    assert {name: blobs.get_bytes(name) for name in blobs.names("")} == {"aside/a": b"1", "aside/a.2": b"2"}


def test_content_that_was_kept_before_is_kept_once(blobs: Blobs, tmp_path: Path) -> None:
    """As after a replacement that was cut off before it replaced anything."""
    file = tmp_path / "file"
    file.write_bytes(b"right")
    blobs.put_bytes("m/v/a", b"damaged")
    if isinstance(blobs, FolderBlobs):
        (tmp_path / "store" / "aside").mkdir()
        (tmp_path / "store" / "aside" / "a").hardlink_to(tmp_path / "store" / "m" / "v" / "a")
    else:
        blobs.put_bytes("aside/a", b"damaged")
    blobs.replace("m/v/a", file, "aside/a")
    assert {name: blobs.get_bytes(name) for name in blobs.names("")} == {"aside/a": b"damaged", "m/v/a": b"right"}


def test_a_storage_says_whether_it_kept_what_was_there(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    assert not blobs.move("m/v/a", "kept/a")
    assert not blobs.replace("m/v/a", tmp_path / "new", "kept/a")
    assert blobs.replace("m/v/a", tmp_path / "new", "kept/a")
    assert blobs.move("m/v/a", "kept/b")
    assert list(blobs.names("")) == ["kept/a", "kept/b"]


def test_sound_folders_and_none_are_in_nobodys_way(blobs: Blobs) -> None:
    blobs.put_bytes("m/v/a", b"1")
    assert blobs.list_non_folders("m") == blobs.list_non_folders("none") == {}


def test_what_stands_in_place_of_a_folder_is_listed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)
    blobs.put_bytes("runs/one/m/v/a", b"1")
    blobs.put_bytes("runs/one/m/w", b"1")
    blobs.put_bytes("runs/one/n", b"1")
    said = "is a file and not a folder"
    assert blobs.list_non_folders("runs/one/m") == {"runs/one/m/w": said}
    inner = PrefixedBlobs(blobs, "runs/one")
    assert (inner.list_non_folders("m"), inner.list_non_folders("n")) == ({"m/w": said}, {"n": said})


def test_an_empty_folder_is_removed_and_not_kept(tmp_path: Path) -> None:
    (tmp_path / "m" / "v").mkdir(parents=True)
    assert not FolderBlobs(tmp_path).move("m/v", "kept/v")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    assert list((tmp_path / "m").iterdir()) == []
