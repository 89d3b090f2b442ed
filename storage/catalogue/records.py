# SPDX-License-Identifier: GPL-3.0-or-later
"""What the catalogue is told and what it answers: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.environment import Kind
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp

#: How an archive proves what it sends, the strongest first; each run records it.
Trust = Literal["release", "packages", "metalink", "release-sha1", "release-md5", "none"]


class BlobState(IntEnum):
    """What we know about some bytes."""

    KNOWN = 0  # an index names them
    PRESENT = 1  # the blob store holds them
    MISSING = 2  # they were asked for and no upstream has them
    REMOVED = 3  # they were here; nothing that is kept needed them any more


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file somewhere in an archive.

    Attributes:
        path: Relative to the archive's root of a run.
        digest: SHA-256 of the bytes.
        size: Bytes.
        sha1: 40 digits when known; recorded, never trusted.
        state: Whether the blob store holds it.
    """

    path: str
    digest: Digest
    size: int
    sha1: str | None
    state: BlobState


@dataclass(frozen=True, slots=True)
class KnownBlob:
    """Bytes that some archive named.

    Attributes:
        digest: SHA-256.
        size: Bytes.
        sha1: 40 digits when known.
        state: Whether the blob store holds them.
        removal: The number of the removal that took them out; None: they may be given.
    """

    digest: Digest
    size: int
    sha1: str | None
    state: BlobState
    removal: int | None


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A suite's signed Release as it was verified.

    Attributes:
        suite: Directory below `dists/`, such as `bookworm` or `lenny/updates`.
        inrelease: SHA-256 of the file whose signature was verified (InRelease, or Release
            with a detached signature): the identity of the Release.
        date: Its `Date:`.
        valid_until: Its `Valid-Until:`, if it has one.
        fingerprint: Key that signed; empty where trust is not by Release.
        files: What is mirrored of `dists/<suite>/`, the Release itself included: path
            relative to that directory to (digest, size).
        aliases: Other names of the suite, such as `stable`.
    """

    suite: str
    inrelease: Digest
    date: Timestamp
    valid_until: Timestamp | None = None
    fingerprint: str = ""
    files: Mapping[str, tuple[Digest, int]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A Release in a run.

    Attributes:
        suite: Directory below `dists/`.
        inrelease: Its identity.
        date: Its `Date:`.
        valid_until: Its `Valid-Until:`.
        fingerprint: Key that signed it.
        observed_until: Last time somebody looked and found this Release still there.
    """

    suite: str
    inrelease: Digest
    date: Timestamp
    valid_until: Timestamp | None
    fingerprint: str
    observed_until: Timestamp


@dataclass(frozen=True, slots=True)
class RunDraft:
    """An unpublished run that is being filled. Nobody sees it.

    Attributes:
        id: The catalogue's own number.
        archive: Archive.
        archive_id: The catalogue's own number of the archive.
        timestamp: The run's stamp.
    """

    id: int
    archive: str
    archive_id: int
    timestamp: Timestamp


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A published run.

    Attributes:
        archive: Archive.
        timestamp: Its stamp.
        trust: How the archive proved what it sent.
        origin: Upstream it came from, as the mirror named it.
        aliases: Other stamps of the same run.
        removed: When keep rules gave its bytes up; None while it is kept.
        scope: What the policy wanted when it was captured, in the mirror's words.
    """

    archive: str
    timestamp: Timestamp
    trust: Trust
    origin: str
    aliases: tuple[Timestamp, ...] = ()
    removed: Timestamp | None = None
    scope: str | None = None

    @property
    def stamps(self) -> tuple[Timestamp, ...]:
        """Its own stamp and its aliases: what names exactly this run."""
        return (self.timestamp, *self.aliases)


@dataclass(frozen=True, slots=True)
class ArchiveRecord:
    """An archive with at least one published run; removed ones do not count.

    Attributes:
        name: Its name.
        first: Oldest run.
        last: Newest run.
        runs: How many.
    """

    name: str
    first: Timestamp
    last: Timestamp
    runs: int


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What importing one index did.

    Attributes:
        stanzas: Distinct entries of the index; 0 when its body was not needed.
        parsed: Stanzas that were parsed, because no index had them before.
        opened: Presences that begin.
        closed: Presences that end (or are interrupted, in a backfill).
        unchanged: Entries that were there before.
        written: Rows inserted or changed, all tables together.
        unnamed: Of the parsed stanzas, those whose files have no SHA-256 and are not known.
    """

    stanzas: int = 0
    parsed: int = 0
    opened: int = 0
    closed: int = 0
    unchanged: int = 0
    written: int = 0
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A package as an index describes it.

    Attributes:
        kind: A binary package or a source.
        name: Package name.
        version: Full version.
        architecture: As the package says; `source` for a source.
        source: Name of its source package (its own, for a source).
        source_version: Version of that.
    """

    kind: Literal["binary", "source"]
    name: str
    version: str
    architecture: str
    source: str
    source_version: str


@dataclass(frozen=True, slots=True)
class FileLocation:
    """One file of one package in one stream, and when it was there.

    Attributes:
        package: The package.
        file: The file; its path is the one of this stream.
        coordinates: The stream.
        intervals: When the stream held it, in order.
        md5: 32 digits when known.
    """

    package: PackageRecord
    file: StoredFile
    coordinates: Coordinates
    intervals: tuple[Interval, ...]
    md5: str | None

    @property
    def first_seen(self) -> Timestamp:
        """The first stamp at which it was seen here."""
        return self.intervals[0].first


@dataclass(frozen=True, slots=True)
class IndexedPackage:
    """A package that an index lists at one run.

    Attributes:
        package: The package.
        files: Its files: one of a binary package, the .dsc and others of a source.
    """

    package: PackageRecord
    files: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True)
class IndexedArtifact:
    """Where a digest stands in a verified index: what an original is compared with.

    Attributes:
        archive: Archive.
        path: Relative to the archive's root.
        size: Bytes.
        package: Package name.
        version: Full version.
        architecture: As the package says; `source` for files of a source.
        first_run: The first run whose index lists it.
        trust: How that run was proved; never attest on less than `release` unsaid.
    """

    archive: str
    path: str
    size: int
    package: str
    version: str
    architecture: str
    first_run: Timestamp
    trust: Trust


class EntryKind(StrEnum):
    """What a name in a directory is."""

    DIRECTORY = "directory"
    FILE = "file"
    LINK = "link"


@dataclass(frozen=True, slots=True, order=True)
class DirectoryEntry:
    """A name in a listing.

    Attributes:
        name: Without a slash.
        kind: What it is.
        file: The file, where it is one.
        target: Where a link points, relative to its directory.
    """

    name: str
    kind: EntryKind
    file: StoredFile | None = field(default=None, compare=False)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class BuildInfoRecord:
    """A build record that was stored.

    Attributes:
        digest: SHA-256 of the file as published (a blob).
        name: File name.
        kind: `deb`, `arch` or `rpm`.
        source: Source package.
        source_version: Version of the source.
        version: Version of what was built.
        architectures: What was built.
        build_architecture: The machine's.
        build_date: When.
        origin: Where it came from.
        signature_state: `good`, `bad`, `unknown-key` or `unsigned`.
    """

    digest: Digest
    name: str
    kind: Kind
    source: str
    source_version: str
    version: str
    architectures: tuple[str, ...]
    build_architecture: str
    build_date: Timestamp | None
    origin: str
    signature_state: str


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """An environment whose text is stored as a blob.

    Attributes:
        id: Its identity and the digest of its text.
        kind: Package manager.
        members: How many packages.
        created: When it was first asked for.
        last_used: When it was last asked for.
        pinned: Whether somebody needs it kept.
    """

    id: Digest
    kind: Kind
    members: int
    created: Timestamp
    last_used: Timestamp
    pinned: bool


@dataclass(frozen=True, slots=True)
class ClosureRecord:
    """A named set of blobs that somebody wants kept.

    Attributes:
        name: What people call it.
        definition: Blob that says what is wanted (`snapshot.closure`).
        manifest: Blob that lists the files it comes to.
        changed: When either last changed.
    """

    name: str
    definition: Digest
    manifest: Digest
    changed: Timestamp
