"""What serving never loads leaves the layer, and a little of it a function's own packages.

The rules name what goes, so that what a new release of a package adds stays until somebody has looked at it; only ONNX
Runtime is the other way round, since the runtime binds its C library and nothing else of it. Licences stay, and
METADATA, by which inventories know what is installed.
"""

import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from pilotlight.packaging.files import list_files

KEPT_OF_ONNXRUNTIME: Final = ("onnxruntime/capi/libonnxruntime.so.*", "onnxruntime/LICENSE", "onnxruntime/ThirdParty*")

KEPT_IMAGE_PLUGINS: Final = ("Jpeg", "Mpo", "Png", "Tiff")
"""PNG and JPEG, and what these import: Mpo for several pictures in one JPEG, Tiff for EXIF."""

SOURCELESS: Final = ("PIL",)
"""Packages whose bytecode is enough: nobody here changes them, and their sources take half a megabyte."""

DROPPED: Final = (
    *("bin/*", "*.pyi", "*/py.typed", "*/__pycache__/*", "pilotlight_runtime/py.typed"),
    *("PIL/_avif.*", "PIL/_webp.*", "PIL/_imagingft.*", "PIL/_imagingcms.*", "PIL/_imagingtk.*"),
    *("PIL/_imagingmath.*", "PIL/_imagingmorph.*", "PIL/_tkinter_finder.py"),
    *("PIL/ImageQt.py", "PIL/ImageTk.py", "PIL/ImageCms.py", "PIL/ImageMath.py", "PIL/ImageMorph.py"),
    *("PIL/ImageGrab.py", "PIL/ImageWin.py", "PIL/*FontFile.py", "PIL/Pdf*.py", "PIL/PSDraw.py"),
    # Serving reads pictures and draws none.
    *("PIL/ImageDraw.py", "PIL/ImageDraw2.py", "PIL/ImageFont.py", "PIL/ImageText.py", "PIL/ImageShow.py"),
    *("PIL/ImageEnhance.py", "PIL/ImageFilter.py", "PIL/ImageStat.py", "PIL/ImageTransform.py", "PIL/features.py"),
    *("PIL/report.py", "PIL/__main__.py"),
    *("PIL/ContainerIO.py", "PIL/GdImageFile.py", "PIL/TarIO.py", "PIL/WalImageFile.py"),
    # Only the extensions above need these; the core links libtiff, libjpeg, libopenjp2 and libxcb, and what those need.
    *("pillow.libs/libavif-*", "pillow.libs/libwebp*", "pillow.libs/libsharpyuv-*", "pillow.libs/liblcms2-*"),
    *("pillow.libs/libfreetype-*", "pillow.libs/libharfbuzz-*", "pillow.libs/libbrotli*", "pillow.libs/libpng16-*"),
    "aws_lambda_powertools/event_handler/*",
    *(
        f"aws_lambda_powertools/utilities/{name}/*"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_classes", "data_masking", "feature_flags"),
            *("idempotency", "kafka", "parameters", "parser", "streaming", "validation"),
        )
    ),
    "aws_lambda_powertools/metrics/provider/datadog/*",
    *(f"*.dist-info/{name}" for name in ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "*.txt", "direct_url.json")),
)
"""Files, as patterns over their path in the layer; * goes over folders too."""

DROPPED_OF_OWN: Final = (
    *("bin/*", "*.pyi", "__pycache__/*", "*/__pycache__/*"),
    *(f"*.dist-info/{name}" for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")),
)
"""What leaves a function's own packages, which nobody here has looked at: commands, which name the Python that
installed them, and pip's notes, which differ from one installation to the next."""


def prune_layer(packages: Path) -> None:
    """Delete from the layer's packages what serving never loads, and the folders that this empties."""
    _delete(packages, _goes)


def prune_function(packages: Path) -> None:
    """Delete DROPPED_OF_OWN from a function's own packages, and the folders that this empties."""
    _delete(packages, lambda name: any(fnmatch(name, pattern) for pattern in DROPPED_OF_OWN))


def _delete(packages: Path, goes: Callable[[str], bool]) -> None:
    for path in list_files(packages):
        if goes(path.relative_to(packages).as_posix()):
            path.unlink()
    for folder in sorted(packages.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def copy_runtime(package: Path, packages: Path) -> None:
    """Copy the Python package `package` into `packages`, without its byte-code."""
    shutil.copytree(package, packages / package.name, ignore=shutil.ignore_patterns("__pycache__"))


def _goes(name: str) -> bool:
    if name.startswith("onnxruntime/"):
        return not any(fnmatch(name, kept) for kept in KEPT_OF_ONNXRUNTIME)
    if fnmatch(name, "PIL/*ImagePlugin.py"):
        return name.removeprefix("PIL/").removesuffix("ImagePlugin.py") not in KEPT_IMAGE_PLUGINS
    licence = "/licenses/" in name or "LICENSE" in name
    return not licence and any(fnmatch(name, pattern) for pattern in DROPPED)
