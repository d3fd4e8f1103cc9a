"""What every Blobs promises."""

from pathlib import Path

from pilotlight.store import Blobs, PrefixedBlobs

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
