"""From a pinned version to the folders that `sam build` zips, or makes container images of.

function.py  a model's function as a zip
container_image.py  a model's function as a container image
catalog.py   the catalog's function
assembly.py  what goes into each of these
layer.py     what all functions share
requirements.py, packages.py  a function's own requirements.txt, and its packages
pictures.py  what decodes pictures, for the functions of models that take them
shared.py    locked wheels, built once and kept in a cache
wheels.py    wheels for Lambda's platform, whatever the host
prune.py     what serving never loads
elf.py       shared libraries without the parts that no loader reads
bytecode.py  .pyc files for Lambda's Python
files.py     folders that are the same whenever they are built
reports.py   what was built, and Lambda's limit on it
locking.py   writes the layer's hash lock
"""

from pilotlight.core.lambda_limits import UNZIPPED_LIMIT
from pilotlight.packaging.assembly import APP_NAME
from pilotlight.packaging.bytecode import Compiler, find_compiler
from pilotlight.packaging.catalog import package_catalog
from pilotlight.packaging.container_image import ImageLayer, package_image
from pilotlight.packaging.function import package_function
from pilotlight.packaging.layer import LayerSource, build_layer, package_layer
from pilotlight.packaging.packages import PYTHON, Packages, install_for_lambda
from pilotlight.packaging.pictures import PICTURES, Pictures
from pilotlight.packaging.reports import LayerReport, PackageReport, check_size
from pilotlight.packaging.requirements import REQUIREMENTS
from pilotlight.packaging.wheels import ARCHITECTURES, WheelRequest, find_platform

__all__ = [
    "APP_NAME",
    "ARCHITECTURES",
    "PICTURES",
    "PYTHON",
    "REQUIREMENTS",
    "UNZIPPED_LIMIT",
    "Compiler",
    "ImageLayer",
    "LayerReport",
    "LayerSource",
    "PackageReport",
    "Packages",
    "Pictures",
    "WheelRequest",
    "build_layer",
    "check_size",
    "find_compiler",
    "find_platform",
    "install_for_lambda",
    "package_catalog",
    "package_function",
    "package_image",
    "package_layer",
]
