"""The store of published versions. Folders and S3 share one code path.

store.py            a Store publishes, lists, checks and fetches versions
survey.py           what the store holds of a model, damaged and foreign names included
integrity.py        whether the files of a version are those that were published
repair.py           gives a damaged version its published content again
content_sources.py  where a repair finds that content
stored_manifest.py  reads a manifest.json that anybody may have changed
candidate_files.py  what is checked of a candidate before it is written, and the writing of its files
fetching.py         copies a version out of a store
errors.py           the errors of versions that are missing or damaged
layout.py           the names of blobs
blobs.py            Blobs: the storage that a store needs; pilotlight.aws has the implementation for S3
folder_blobs.py     FolderBlobs: a folder as storage
folder_files.py     files of a folder that survive a power failure
prefixed_blobs.py   PrefixedBlobs: the blobs below a prefix
digest.py           SHA-256 of files
"""

from pilotlight.store.blobs import Blobs
from pilotlight.store.content_sources import ContentSource
from pilotlight.store.digest import hash_file
from pilotlight.store.folder_blobs import FolderBlobs
from pilotlight.store.integrity import Damage
from pilotlight.store.layout import DAMAGED
from pilotlight.store.prefixed_blobs import PrefixedBlobs
from pilotlight.store.repair import Repair, Restored
from pilotlight.store.store import Store
from pilotlight.store.survey import Survey

__all__ = [
    "DAMAGED",
    "Blobs",
    "ContentSource",
    "Damage",
    "FolderBlobs",
    "PrefixedBlobs",
    "Repair",
    "Restored",
    "Store",
    "Survey",
    "hash_file",
]
