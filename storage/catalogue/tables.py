# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's tables, the same on both databases.

Stamps are seconds since 1970 as integers, digests raw bytes, text sorts bytewise everywhere.
Tables that hold a row per package have no foreign keys: each would cost a look-up per row of
an import, and they are written by `storage.catalogue.add_facts` alone. Their ids come from
one counter (`identifiers`), whose row is also the lock of who adds facts.

Facts (packages, entries, files, blobs) are true whoever says so and are never taken back.
What was there *when* is in `observations` and `presences`: a stream was observed at the stamps
of its observations, and an entry was present at those of them that lie in its intervals. Only
observations of published runs count.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
# An index that is not over all rows says in `info` which: the migrations make it so. Its own
# options would load both dialects, which takes longer than a sync that finds nothing.

#: Text that sorts bytewise; SQLite's always does.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
#: Only INTEGER is a row id in SQLite.
KEY = BigInteger().with_variant(Integer(), "sqlite")
#: The end of an interval that has not ended: later than any stamp.
OPEN = 1 << 62


def _id() -> Column[int]:
    return Column("id", KEY, primary_key=True)


def _given_id() -> Column[int]:
    return Column("id", KEY, primary_key=True, autoincrement=False)


def _part_of_key(name: str) -> Column[int]:
    return Column(name, KEY, primary_key=True, autoincrement=False)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, TEXT, nullable=options.pop("nullable", False), **options)


def _stamp(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _reference(name: str, table: str, *, primary_key: bool = False) -> Column[int]:
    return Column(name, KEY, ForeignKey(f"{table}.id"), nullable=False, primary_key=primary_key)


# -- what was observed -------------------------------------------------------------------

archives = Table("archives", metadata, _id(), _text("name", unique=True))

runs = Table(
    "runs",
    metadata,
    _id(),
    _reference("archive_id", "archives"),
    _stamp("ts"),
    _text("state"),
    _text("trust"),
    _text("origin"),
    # When its bytes were given up; the run stays published: what it observed is remembered.
    Column("removed", BigInteger),
    # What the policy wanted when it was captured; null: before that was written down.
    _text("scope", nullable=True),
    Index("runs_by_stamp", "archive_id", "ts"),
    Index(
        "one_published_run",
        "archive_id",
        "ts",
        unique=True,
        info={"where": "state = 'published'"},
    ),
    Index(
        "one_staging_run",
        "archive_id",
        unique=True,
        info={"where": "state = 'staging'"},
    ),
    # Whether an archive has such a run is asked by every lookup of a build record.
    Index("unproved_runs", "archive_id", info={"where": "trust = 'none'"}),
    # SQLite would give the id of a discarded draft to the next one, and a program that lost
    # its draft would write into a stranger's.
    sqlite_autoincrement=True,
)

#: Other stamps of a run, such as the one a dated upstream gives it.
run_aliases = Table(
    "run_aliases",
    metadata,
    _reference("run_id", "runs", primary_key=True),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    Index("run_aliases_by_stamp", "ts"),
)

#: A distinct signed Release, by the digest of the file that was verified.
releases = Table(
    "releases",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _stamp("date"),
    Column("valid_until", BigInteger),
    _text("fingerprint"),
)

#: What is mirrored of a Release's directory, itself included.
release_files = Table(
    "release_files",
    metadata,
    _reference("release_id", "releases", primary_key=True),
    Column("path", TEXT, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("release_files_by_digest", "digest"),
    sqlite_with_rowid=False,
)

run_releases = Table(
    "run_releases",
    metadata,
    _reference("run_id", "runs", primary_key=True),
    Column("suite", TEXT, primary_key=True),
    _reference("release_id", "releases"),
    _stamp("observed_until"),
    Index("run_releases_by_release", "release_id"),
)

#: Other names of a suite at a run (`stable`): what was seen, so any order gives the same.
suite_aliases = Table(
    "suite_aliases",
    metadata,
    _reference("run_id", "runs", primary_key=True),
    Column("alias", TEXT, primary_key=True),
    _text("suite"),
)

#: What an upstream calls the accepted document at a URL: it is asked only for another one.
validators = Table(
    "validators",
    metadata,
    Column("url", TEXT, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    _text("etag"),
    _text("modified"),
)

streams = Table(
    "streams",
    metadata,
    _id(),
    _reference("archive_id", "archives"),
    _text("suite"),
    _text("component"),
    _text("architecture"),
    UniqueConstraint("archive_id", "suite", "component", "architecture"),
)

observations = Table(
    "observations",
    metadata,
    _reference("stream_id", "streams", primary_key=True),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    _reference("run_id", "runs"),
    Column("index_digest", LargeBinary(32), nullable=False),
    Index("observations_of_run", "run_id"),
    sqlite_with_rowid=False,
)

presences = Table(
    "presences",
    metadata,
    _part_of_key("entry_id"),
    _part_of_key("stream_id"),
    _part_of_key("first_ts"),
    _stamp("until_ts"),
    # What a stream held at a stamp is one range of this: everything that ended later.
    Index("presences_of_stream", "stream_id", "until_ts", "first_ts", "entry_id"),
    sqlite_with_rowid=False,
)

# -- facts -------------------------------------------------------------------------------

identifiers = Table(
    "identifiers", metadata, _given_id(), Column("next_id", BigInteger, nullable=False)
)

packages = Table(
    "packages",
    metadata,
    _given_id(),
    _text("kind"),
    _text("name"),
    _text("version"),
    _text("architecture"),
    _text("source_name"),
    _text("source_version"),
    # With what a lookup of a build record wants to know, so that it need not look at the row.
    Index("packages_by_name", "name", "version", "kind", "architecture"),
    Index("packages_by_source", "source_name", "source_version"),
)

#: Stanzas are compressed some dozens at a time: 4 times smaller than one by one.
packs = Table("packs", metadata, _given_id(), Column("body", LargeBinary, nullable=False))

entries = Table(
    "entries",
    metadata,
    _given_id(),
    Column("digest", LargeBinary(32), nullable=False),
    Column("package_id", KEY, nullable=False),
    Column("pack_id", KEY, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Index("entries_by_digest", "digest", unique=True),
    Index("entries_of_package", "package_id"),
)

blobs = Table(
    "blobs",
    metadata,
    _given_id(),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("sha1", LargeBinary(20)),
    Column("md5", LargeBinary(16)),
    Column("size", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Index("blobs_by_sha256", "sha256", unique=True),
    Index("blobs_by_sha1", "sha1", info={"where": "sha1 IS NOT NULL"}),
)

files = Table(
    "files",
    metadata,
    _given_id(),
    _text("path"),
    Column("blob_id", KEY, nullable=False),
    Index("files_by_path", "path", "blob_id", unique=True),
    Index("files_of_blob", "blob_id"),
)

entry_files = Table(
    "entry_files",
    metadata,
    _part_of_key("entry_id"),
    _part_of_key("file_id"),
    Index("entries_of_file", "file_id"),
    sqlite_with_rowid=False,
)

# -- records and environments ------------------------------------------------------------

buildinfos = Table(
    "buildinfos",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _text("name"),
    _text("kind"),
    _text("source"),
    _text("source_version"),
    _text("version"),
    _text("architectures"),
    _text("build_architecture"),
    Column("build_date", BigInteger),
    _text("origin"),
    _text("signature_state"),
    Index("buildinfos_by_source", "source", "source_version"),
)

#: Which files a record says that it built, whether or not an index ever named them.
built_files = Table(
    "built_files",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    _reference("buildinfo_id", "buildinfos", primary_key=True),
    Index("built_files_of_record", "buildinfo_id"),
    sqlite_with_rowid=False,
)

environments = Table(
    "environments",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    _text("kind"),
    Column("members", Integer, nullable=False),
    _stamp("created"),
    _stamp("last_used"),
)

#: Who needs a blob or an environment to be kept; one without a holder may be evicted.
pins = Table(
    "pins",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("holder", TEXT, primary_key=True),
    _stamp("created"),
)

#: Named sets of blobs; both texts are blobs, and the set itself is in `pins`.
closures = Table(
    "closures",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("definition", LargeBinary(32), nullable=False),
    Column("manifest", LargeBinary(32), nullable=False),
    _stamp("changed"),
)

#: Files of repositories that we make: of what (`environment <id>`), and by which key and recipe.
#: Another maker makes them again.
made_files = Table(
    "made_files",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("path", TEXT, primary_key=True),
    _text("maker"),
    Column("digest", LargeBinary(32), nullable=False),
    Column("size", BigInteger, nullable=False),
    _stamp("made"),
    Index("made_files_by_digest", "digest"),
    sqlite_with_rowid=False,
)

#: What an operator took out, and why. The number stands in addresses and is never given twice.
removals = Table(
    "removals",
    metadata,
    _id(),
    _stamp("removed"),
    _text("reason"),
    Column("legal", Boolean(), nullable=False),
    sqlite_autoincrement=True,
)

#: Bytes that are never given again, whatever the blob store holds.
removal_files = Table(
    "removal_files",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    _reference("removal_id", "removals", primary_key=True),
    Index("removal_files_of_removal", "removal_id"),
)

removal_runs = Table(
    "removal_runs",
    metadata,
    _reference("run_id", "runs", primary_key=True),
    _reference("removal_id", "removals", primary_key=True),
    Index("removal_runs_of_removal", "removal_id"),
)
