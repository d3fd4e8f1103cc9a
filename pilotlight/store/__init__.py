"""Where published versions are: one code path for a folder and for S3.

store.py     a Store publishes, lists, checks and fetches versions
folder.py    FolderBlobs: a folder as the place it lies in
prefixed.py  PrefixedBlobs: what lies below a prefix of such a place
protocol.py  Blobs: what such a place must give; pilotlight.aws has the one for S3
digest.py    sha256 of files
"""

from pilotlight.store.digest import hash_file
from pilotlight.store.folder import FolderBlobs
from pilotlight.store.prefixed import PrefixedBlobs
from pilotlight.store.protocol import Blobs
from pilotlight.store.store import Store

__all__ = ["Blobs", "FolderBlobs", "PrefixedBlobs", "Store", "hash_file"]
