"""The folder that becomes a container image, with a layer without packages: no registry is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.store import make_candidate, publish

from pilotlight.core.errors import PackagingError
from pilotlight.core.lock import Lock
from pilotlight.core.progress import Silent
from pilotlight.packaging import ImageLayer, LayerSource, PackageReport, Packages, package_image
from pilotlight.packaging.bytecode import Compiler
from pilotlight.store import Store

HERE = Compiler((sys.executable,), "this Python")
WEIGHTS = b"w" * 1024 * 1024


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "functions" / "digits"
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("handler = print\n")
    (folder / "model.toml").write_text("")
    return folder


@pytest.fixture
def lock(store: Store, tmp_path: Path) -> Lock:
    published = publish(store, make_candidate(tmp_path / "candidate", b"graph", WEIGHTS))
    return Lock(published.manifest.version, published.manifest_sha256)


def layer(tmp_path: Path, platform: str = "x86_64") -> ImageLayer:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")
    source = LayerSource(requirements, platform=platform, find=lambda _python: HERE)
    return ImageLayer(source, tmp_path / "cache", Silent())


def packaged(
    tmp_path: Path, source: Path, store: Store, lock: Lock | None, into: str = "into", platform: str = "x86_64"
) -> PackageReport:
    given = layer(tmp_path, platform)
    return package_image(
        "digits",
        source,
        store,
        lock,
        tmp_path / into,
        layer=given,
        packages=Packages(given.source.requirements),
        compiler=HERE,
    )


def listing(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_large_files_lie_apart_below_the_layer_and_the_code(
    tmp_path: Path, source: Path, store: Store, lock: Lock
) -> None:
    report = packaged(tmp_path, source, store, lock)
    files = listing(tmp_path / "into")
    tag = sys.implementation.cache_tag
    expected = {"app.py", f"__pycache__/app.{tag}.pyc", "manifest.json", "model.onnx"}
    assert {name for name in files if name.startswith("task/")} == {f"task/{name}" for name in expected}
    assert {name for name in files if name.startswith("weights/")} == {"weights/data/weights.bin"}
    assert "layer/python/pilotlight_runtime/handler.py" in files
    assert {name for name in files if name.count("/") == 1 and name.startswith("layer/")} == {
        "layer/pilotlight-image",
        "layer/pilotlight-start",
    }
    assert report.kind == "image"
    assert report.bytes == sum((tmp_path / "into" / name).stat().st_size for name in files)
    assert "MB for an image" in str(report)
    steps = [line for line in (tmp_path / "into" / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    assert steps == ["COPY weights/ /var/task/", "COPY layer/ /opt/", "COPY task/ /var/task/"]


@pytest.mark.parametrize(("platform", "tag"), [("x86_64", "3.13-x86_64"), ("aarch64", "3.13-arm64")])
def test_the_base_is_lambdas_own_image_for_the_processor(
    tmp_path: Path, source: Path, store: Store, lock: Lock, platform: str, tag: str
) -> None:
    packaged(tmp_path, source, store, lock, platform=platform)
    text = (tmp_path / "into" / "Dockerfile").read_text()
    assert f"FROM public.ecr.aws/lambda/python:{tag}\n" in text
    assert 'LABEL com.amazonaws.lambda.feature.snapstart="Allow"' in text
    assert "@" not in text


def test_built_twice_it_is_the_same(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    packaged(tmp_path, source, store, lock, "one")
    packaged(tmp_path, source, store, lock, "two")
    one, two = tmp_path / "one", tmp_path / "two"
    assert listing(one) == listing(two)
    for name in listing(one):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
        assert (one / name).stat().st_mode == (two / name).stat().st_mode, name
        assert (one / name).stat().st_mtime == (two / name).stat().st_mtime, name


def test_an_earlier_build_is_replaced_and_nothing_else(tmp_path: Path, source: Path, store: Store, lock: Lock) -> None:
    packaged(tmp_path, source, store, lock)
    (source / "labels.txt").write_text("0 1\n")
    packaged(tmp_path, source, store, lock)
    assert "task/labels.txt" in listing(tmp_path / "into")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(PackagingError, match="holds something other than an earlier build"):
        packaged(tmp_path, source, store, lock, "mine")


def test_a_model_that_is_not_pinned_names_the_commands(tmp_path: Path, source: Path, store: Store) -> None:
    with pytest.raises(PackagingError, match="is not pinned"):
        packaged(tmp_path, source, store, None)
    assert not (tmp_path / "into").exists()


@pytest.mark.parametrize(("wrapper", "started"), [("wrapper", "wrapper"), ("", "aws")])
def test_the_entry_point_starts_the_client_that_the_function_names(
    tmp_path: Path, source: Path, store: Store, lock: Lock, wrapper: str, started: str
) -> None:
    packaged(tmp_path, source, store, lock)
    start = tmp_path / "into" / "layer" / "pilotlight-image"
    assert start.stat().st_mode & 0o777 == 0o755
    for name in ("wrapper", "aws"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$_HANDLER" "$@"\n')
        (tmp_path / name).chmod(0o755)
    # AWS's client is where it is in Lambda's image; here the file that names it is changed.
    start.write_text(start.read_text().replace("/var/runtime/bootstrap\n", f"{tmp_path / 'aws'}\n"))
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": str(tmp_path / wrapper) if wrapper else ""}
    ran = subprocess.run(
        [start, "app.handler"], env={**os.environ, **variables}, check=True, capture_output=True, text=True
    )
    assert ran.stdout.split()[:2] == [started, "app.handler"]
    if wrapper:
        assert ran.stdout.split()[2:] == ["/var/lang/bin/python3.13", "/var/runtime/bootstrap.py"]
