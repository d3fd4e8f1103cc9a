"""The layer as it is deployed: real wheels from the package registry, loaded by a real Python of Lambda's version."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.onnx_models import add_model, save

from pilotlight.core.errors import PackagingError
from pilotlight.packaging import LayerReport, Pictures, WheelRequest, package_layer
from pilotlight.packaging.bytecode import IMAGE, compile_folder, find_compiler, find_docker
from pilotlight.packaging.files import folder_size
from pilotlight.packaging.pictures import copy_pictures

RUNTIME = Path(__file__).parents[3] / "layers" / "runtime"
REQUIREMENTS = RUNTIME / "requirements.txt"
UNREACHABLE = ("from versions: none", "onnection")

SERVES = """
import io, struct, sys
sys.path[:0] = sys.argv[2:]
from PIL import Image
import pilotlight_runtime.handler
from pathlib import Path
from pilotlight_runtime.datatypes import DATATYPES
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.tensor import Tensor

for kind in ("PNG", "JPEG"):
    file = io.BytesIO()
    Image.new("L", (28, 28), 200).save(file, kind)
    assert Image.open(io.BytesIO(file.getvalue())).convert("L").getpixel((3, 3)) == 200
row = Tensor(DATATYPES["FP32"], (1, 3), memoryview(struct.pack("<3f", 1, 2, 3)))
(total,) = open_session(Path(sys.argv[1]), 1).run({"a": row, "b": row}, ["sum"])
print(struct.unpack("<3f", total.data), "numpy" in sys.modules, "onnxruntime" in sys.modules)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LayerReport]:
    into = tmp_path_factory.mktemp("real") / "layer"
    return into, build(into)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What decodes pictures, as a function has it."""
    into = tmp_path_factory.mktemp("pictures") / "function"
    source = Pictures(WheelRequest(RUNTIME / "pictures.txt", "3.13", "x86_64"), into.parent / "cache", REQUIREMENTS)
    with reachable_registry():
        copy_pictures(source, into, "/var/task", find_compiler("3.13"))
    return into


@contextmanager
def reachable_registry() -> Iterator[None]:
    """Skips a test whose wheels cannot be fetched."""
    try:
        yield
    except PackagingError as error:
        if any(sign in str(error) for sign in UNREACHABLE):
            pytest.skip(f"the package registry cannot be reached: {error}")
        raise


def build(into: Path, platform: str = "x86_64") -> LayerReport:
    with reachable_registry():
        return package_layer(REQUIREMENTS, into, platform=platform)


def machines(folder: Path) -> set[int]:
    """e_machine of each library: 62 is x86_64, 183 aarch64."""
    return {struct.unpack_from("<H", path.read_bytes(), 18)[0] for path in folder.rglob("*.so*")}


def digests(folder: Path) -> dict[str, str]:
    return {
        f"{path.relative_to(folder)} {path.stat().st_mode:o} {path.stat().st_mtime}": hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_is_small(built: tuple[Path, LayerReport]) -> None:
    _, report = built
    assert report.bytes < 38_600_000, report.parts
    assert report.parts["pilotlight_runtime"] < 2_900_000, report.parts
    assert not {"numpy", "PIL", "aws_lambda_powertools", "jmespath"} & set(report.parts)


def test_what_decodes_pictures_is_small(pictures: Path) -> None:
    assert folder_size(pictures) < 4_750_000
    assert not list(pictures.rglob("*.py"))


def test_the_layer_for_graviton_holds_no_library_of_another_processor(
    built: tuple[Path, LayerReport], tmp_path: Path
) -> None:
    report = build(tmp_path / "layer", "aarch64")
    assert report.bytes < 30_900_000, report.parts
    assert machines(tmp_path / "layer") == {183}
    assert machines(built[0]) == {62}
    assert set(report.parts) == set(built[1].parts)


def test_built_again_it_is_the_same(built: tuple[Path, LayerReport], tmp_path: Path) -> None:
    into, report = built
    assert build(tmp_path / "again") == report
    assert digests(tmp_path / "again") == digests(into)


def test_lambdas_python_serves_from_it(built: tuple[Path, LayerReport], pictures: Path, tmp_path: Path) -> None:
    python = find_compiler("3.13", docker=False)
    if python is None:
        pytest.skip("no python3.13 is on the path")
    into, _ = built
    model = save(add_model(), tmp_path / "model.onnx")
    # -I -S: nothing but the standard library and the layer
    command = [*python.command, "-I", "-S", "-W", "error", "-c", SERVES, model, pictures, into / "python"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stderr, done.stdout) == ("", "(2.0, 4.0, 6.0) False False\n")


def test_docker_compiles_where_no_python_is_at_hand(tmp_path: Path) -> None:
    image = f"{IMAGE}:3.13-x86_64"
    engine = shutil.which("docker")
    if (
        engine is None
        or subprocess.run([engine, "image", "inspect", image], check=False, capture_output=True).returncode
    ):
        pytest.skip(f"Docker does not answer, or has no image {image}")
    docker = find_docker("3.13")
    assert docker is not None
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "app.py").write_text("handler = print\n")
    compile_folder(tmp_path / "built", "/var/task", docker)
    compiled = tmp_path / "built" / "__pycache__" / "app.cpython-313.pyc"
    assert b"/var/task/app.py" in compiled.read_bytes()
    assert compiled.owner() == (tmp_path / "built").owner()
