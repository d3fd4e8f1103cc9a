"""The store of published versions. Folders and S3 share one code path.

store.py           a Store publishes, lists, checks and fetches versions
blobs.py           Blobs: the storage that a store needs; pilotlight.aws has the implementation for S3
folder_blobs.py    FolderBlobs: a folder as storage
prefixed_blobs.py  PrefixedBlobs: the blobs below a prefix
digest.py          SHA-256 of files
"""

from pilotlight.store.blobs import Blobs
from pilotlight.store.digest import hash_file
from pilotlight.store.folder_blobs import FolderBlobs
from pilotlight.store.prefixed_blobs import PrefixedBlobs
from pilotlight.store.store import Store

__all__ = ["Blobs", "FolderBlobs", "PrefixedBlobs", "Store", "hash_file"]
