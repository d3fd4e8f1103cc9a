"""The training image: its files, its tag, building it, and pushing it to its repository.

    ignore.py      infra/training.ignore, in the grammar of .dockerignore
    content.py     the files that go into the image: its tag, and what Docker builds it from
    variant.py     which base image and which requirements
    docker.py      Docker's command line, and what its errors mean
    build_push.py  build and push

A tag is a digest of the files and of the variant: the same code is the same image, which is pushed only once.
"""

from pilotlight.image.build_push import BuiltImage, Registry, build_image, push_image
from pilotlight.image.content import DOCKERFILE, ImageFile, compute_tag, list_image_files
from pilotlight.image.docker import Docker
from pilotlight.image.variant import Variant, read_variant

__all__ = [
    "DOCKERFILE",
    "BuiltImage",
    "Docker",
    "ImageFile",
    "Registry",
    "Variant",
    "build_image",
    "compute_tag",
    "list_image_files",
    "push_image",
    "read_variant",
]
