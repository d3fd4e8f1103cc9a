"""A function's own packages: wheels beside app.py, for what its requirements.txt names and the layer lacks."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Final, NamedTuple

from pilotlight.core.errors import PackagingError
from pilotlight.packaging.bytecode import Compiler, compile_folder
from pilotlight.packaging.pictures import Pictures, copy_pictures
from pilotlight.packaging.prune import prune_function
from pilotlight.packaging.requirements import REQUIREMENTS, check_not_shared, normalize_name, read_names, read_pins
from pilotlight.packaging.wheels import WheelRequest, install_wheels

PYTHON: Final = "3.13"
"""The Python of the functions: template.yaml's Runtime."""

PLATFORM: Final = "x86_64"
"""Their processor where template.yaml's parameter Architecture keeps its default, as wheels call it."""

TASK: Final = "/var/task"
"""Where Lambda unpacks a function's zip."""

IN_LAMBDA: Final = frozenset({"boto3", "botocore"})
"""What Lambda's Python has itself (Lambda Developer Guide, "Runtime-included SDK versions")."""

Install = Callable[[Path, Path], None]
"""Unpacks the wheels that the requirements (a file) name into a folder; PackagingError where it cannot."""


def install_for_lambda(requirements: Path, into: Path, platform: str = PLATFORM) -> None:
    """Unpack wheels for Lambda's Python and platform, without their dependencies.

    A dependency that the file does not name could be another version tomorrow.

    Args:
        requirements: The requirements.txt.
        into: The folder to fill.
        platform: The functions' processor, as wheels call it.

    Raises:
        PackagingError: pip fails; the message is pip's.
    """
    hint = (
        f"Name versions that have wheels for Python {PYTHON} on Linux {platform}, and check that the package registry"
        " can be reached."
    )
    wanted = WheelRequest(requirements, PYTHON, platform)
    install_wheels(wanted, into, hashes=False, where=str(requirements), hint=hint)


class Packages(NamedTuple):
    """How a function gets its own packages.

    Attributes:
        layer: The hash lock of the layer, which has the shared packages.
        install: Unpacks the wheels.
        pictures: What a model that takes pictures needs; None where it is not to be added.
    """

    layer: Path
    install: Install = install_for_lambda
    pictures: Pictures | None = None


class AddedPackages(NamedTuple):
    """What was installed.

    Attributes:
        pins: NAME==VERSION of each package.
        missing: "NAME asks for OTHER", where neither the function nor the layer has OTHER.
    """

    pins: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def add_packages(source: Path, new: Path, packages: Packages, compiler: Compiler | None) -> AddedPackages:
    """Install what a function's requirements.txt names beside the function, byte-compiled.

    pip is not started where the file is missing or empty.

    Args:
        source: The model's folder.
        new: The function that is being built.
        packages: How packages are installed.
        compiler: Compiles them; None leaves them as they are.

    Returns:
        What was installed.

    Raises:
        PackagingError: The file is not exact or names what the layer has, pip fails, or a package would replace a file
            of the function.
    """
    requirements = source / REQUIREMENTS
    pins = read_pins(requirements)
    if not pins:
        return AddedPackages()
    check_not_shared(requirements, pins, packages.layer)
    with tempfile.TemporaryDirectory(dir=new.parent) as temporary:
        aside = Path(temporary) / "packages"
        aside.mkdir()
        packages.install(requirements, aside)
        prune_function(aside)
        _refuse_clashes(requirements, aside, new)
        if compiler:
            compile_folder(aside, TASK, compiler, others=True)
        there = {normalize_name(pin.name) for pin in pins} | read_names(packages.layer) | IN_LAMBDA
        missing = tuple(_missing(aside, there))
        shutil.copytree(aside, new, dirs_exist_ok=True)
    return AddedPackages(tuple(str(pin) for pin in pins), missing)


def add_pictures(source: Path, new: Path, packages: Packages, compiler: Compiler | None) -> tuple[str, ...]:
    """Copy what decodes pictures beside a function that takes them, unless the layer or the function has it.

    Args:
        source: The model's folder.
        new: The function that is being built.
        packages: Where the packages come from.
        compiler: Compiles them; None leaves them as they are.

    Returns:
        NAME==VERSION of each package.

    Raises:
        PackagingError: The packages cannot be installed, or one would replace a file of the function.
    """
    pictures = packages.pictures
    pins = pictures.list_missing(source / REQUIREMENTS) if pictures else ()
    if not pictures or not pins:
        return ()
    with tempfile.TemporaryDirectory(dir=new.parent) as temporary:
        aside = Path(temporary)
        copy_pictures(pictures, aside, TASK, compiler)
        _refuse_clashes(pictures.wanted.requirements, aside, new)
        shutil.copytree(aside, new, dirs_exist_ok=True)
    return pins


def _missing(aside: Path, there: set[str]) -> Iterator[str]:
    """What the packages in `aside` require on any machine and is not `there`. Many work without, so it is no error."""
    for about in sorted(aside.glob("*.dist-info")):
        for need in Distribution.at(about).requires or ():
            if ";" not in need and normalize_name(need) not in there:
                yield f"{about.name.partition('-')[0]} asks for {normalize_name(need)}"


def _refuse_clashes(requirements: Path, aside: Path, new: Path) -> None:
    """PackagingError where both have a file, or a module, of one name: a package app/ would hide app.py."""
    taken = {_imported_as(path): path.name for path in new.iterdir() if path.name != "__pycache__"}
    for path in sorted(aside.iterdir()):
        if _imported_as(path) in taken:
            what = f"brings {path.name}, and the function has {taken[_imported_as(path)]}"
            hint = "Rename the function's own file, or take that package out."
            raise PackagingError(str(requirements), what, hint)


def _imported_as(path: Path) -> str:
    """The module that a file or folder is to Python; the name of one that is none."""
    return path.name.split(".")[0] if path.suffix in (".py", ".so") else path.name
