"""The store of published versions: the same code for a folder and for S3.

store.py     a Store publishes, lists, checks and fetches versions
folder.py    FolderBlobs: blobs in a folder
prefixed.py  PrefixedBlobs: the blobs below a prefix
protocol.py  Blobs: what a store needs of the place it lies in; pilotlight.aws has the one for S3
digest.py    sha256 of files
"""

from pilotlight.store.digest import hash_file
from pilotlight.store.folder import FolderBlobs
from pilotlight.store.prefixed import PrefixedBlobs
from pilotlight.store.protocol import Blobs
from pilotlight.store.store import Store

__all__ = ["Blobs", "FolderBlobs", "PrefixedBlobs", "Store", "hash_file"]
