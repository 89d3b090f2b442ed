# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: what lived where and when, in every archive.

`Catalogue` is the door; each of its methods is one function of a module beside it. Writing goes
by drafts: `begin_run`, `stage_release`, `stage_index`, `publish`. Reading sees published runs.
"""

from storage.catalogue.catalogue import Catalogue
from storage.catalogue.inventory import ReleaseMember
from storage.catalogue.made_files import MadeFile
from storage.catalogue.records import (
    ArchiveRecord,
    BlobState,
    BuildInfoRecord,
    ClosureRecord,
    DirectoryEntry,
    EntryKind,
    EnvironmentRecord,
    FileLocation,
    ImportCounts,
    IndexedArtifact,
    IndexedPackage,
    KnownBlob,
    PackageRecord,
    ReleaseRecord,
    RunDraft,
    RunRecord,
    StoredFile,
    StoredRelease,
    Trust,
)
from storage.catalogue.removals import Removal
from storage.catalogue.validators import Validator

__all__ = [
    "ArchiveRecord",
    "BlobState",
    "BuildInfoRecord",
    "Catalogue",
    "ClosureRecord",
    "DirectoryEntry",
    "EntryKind",
    "EnvironmentRecord",
    "FileLocation",
    "ImportCounts",
    "IndexedArtifact",
    "IndexedPackage",
    "KnownBlob",
    "MadeFile",
    "PackageRecord",
    "ReleaseMember",
    "ReleaseRecord",
    "Removal",
    "RunDraft",
    "RunRecord",
    "StoredFile",
    "StoredRelease",
    "Trust",
    "Validator",
]
