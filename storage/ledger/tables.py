# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger's tables, the same on both databases.

Times are seconds since 1970 (UTC) as floating point numbers, digests 32 raw bytes. Ids are
never used twice (AUTOINCREMENT, identity) and stay below 2**31, as rebuilderd's wire demands.
A release or component that the wire calls `null` is the empty text here, because two NULLs are
never equal and a unique constraint over them would hold nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
)

from snapshot.digest import Digest

metadata = MetaData()
# `info` of an index says which rows it is over (see `storage.catalogue.tables`).


class DigestColumn(TypeDecorator[Digest]):
    """A SHA-256 as its 32 raw bytes."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """What the database stores."""
        return None if value is None else value.raw

    def process_result_value(self, value: Any, dialect: Dialect) -> Digest | None:  # noqa: ARG002
        """What the program sees."""
        return None if value is None else Digest.from_raw(bytes(value))


def _table(name: str, *parts: Any) -> Table:
    # Without AUTOINCREMENT SQLite hands a freed id out again, and a late report would land
    # on a stranger's job.
    key: Column[int] = Column("id", Integer, primary_key=True, autoincrement=True)
    return Table(name, metadata, key, *parts, sqlite_autoincrement=True)


def _reference(name: str, table: str, *, nullable: bool = False, index: bool = True) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{table}.id"), nullable=nullable, index=index)


workers = _table(
    "workers",
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("status", Text),
    Column("registered_at", Float, nullable=False),
    Column("last_ping", Float, nullable=False),
    Column("removed", Boolean, nullable=False, default=False),
)

#: What is to be reproduced. `identity` is the digest of what makes two of them the same.
targets = _table(
    "targets",
    Column("identity", DigestColumn, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("distribution", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("architecture", Text, nullable=False),
    Column("backend", Text, nullable=False),
    Column("build", Text, nullable=False),
    Column("input_name", Text, nullable=False),
    Column("input_digest", DigestColumn),
    Column("input_url", Text, nullable=False),
    Column("environment", DigestColumn),
    Column("derive_archive", Text, nullable=False, default=""),
    Column("derive_timestamp", Text, nullable=False, default=""),
    Column("derive_suites", Text, nullable=False, default=""),
    Column("tags", Text, nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    # Of the newest attempt: lists of 38,000 packages cannot search it each time.
    Column("retries", Integer, nullable=False, default=0),
    Column("newest_attempt", Integer),
    Column("newest_built_at", Float),
    Column("status", Text),
    Column("reason", Text),
    Index("ix_targets_source", "source", "version"),
)

target_artifacts = _table(
    "target_artifacts",
    _reference("target_id", "targets", index=False),
    Column("file_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("architecture", Text, nullable=False),
    Column("sha256", DigestColumn, index=True),
    Column("size", BigInteger),
    Column("url", Text, nullable=False),
    Column("origin", Text, nullable=False),
    UniqueConstraint("target_id", "file_name"),
    Index("ix_target_artifacts_name", "name", "version"),
)

#: Which release points to which target: rebuilderd's source package.
target_suites = _table(
    "target_suites",
    _reference("target_id", "targets", index=False),
    Column("release", Text, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("seen_in_last_sync", Boolean, nullable=False),
    UniqueConstraint("target_id", "release"),
    Index("ix_target_suites_release", "release", "seen_in_last_sync"),
)

#: Which release and component hold which file: rebuilderd's binary package.
suite_artifacts = _table(
    "suite_artifacts",
    _reference("suite_id", "target_suites", index=False),
    _reference("artifact_id", "target_artifacts"),
    Column("component", Text, nullable=False),
    UniqueConstraint("suite_id", "artifact_id", "component"),
)

campaigns = _table(
    "campaigns",
    Column("name", Text, nullable=False, unique=True),
    Column("selection", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("replicas", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
)

campaign_targets = Table(
    "campaign_targets",
    metadata,
    Column("campaign_id", Integer, ForeignKey("campaigns.id"), primary_key=True),
    Column("target_id", Integer, ForeignKey("targets.id"), primary_key=True, index=True),
)

#: A place in the queue. `lane` is what a worker must be able to do to take it.
jobs = _table(
    "jobs",
    _reference("target_id", "targets"),
    Column("replica", Integer, nullable=False),
    Column("lane", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("spread", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("manual", Boolean, nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("next_retry", Float),
    Column("started_at", Float),
    Column("closed_at", Float),
    _reference("worker_id", "workers", nullable=True, index=False),
    # How often it was handed out, and transient failures in a row before it.
    Column("leases", Integer, nullable=False, default=0),
    Column("hurried", Integer, nullable=False, default=0),
    # The pop: the head of a lane without reading what cannot be taken.
    Index(
        "ix_jobs_queued",
        "lane",
        "priority",
        "day",
        "spread",
        "id",
        info={"where": "state = 'queued'"},
    ),
    Index(
        "ix_jobs_waiting",
        "next_retry",
        info={"where": "state = 'waiting'"},
    ),
    # At most one place in the queue for each replica of a target.
    Index(
        "uq_jobs_open",
        "target_id",
        "replica",
        unique=True,
        info={"where": "state IN ('queued', 'waiting', 'running')"},
    ),
)

leases = _table(
    "leases",
    _reference("job_id", "jobs"),
    _reference("worker_id", "workers", index=False),
    Column("token", Text, nullable=False, unique=True),
    # Claimed by a worker that knows the token: only a report that carries it answers.
    Column("extended", Boolean, nullable=False),
    Column("claimed_at", Float, nullable=False),
    Column("last_ping", Float, nullable=False),
    Column("deadline", Float, nullable=False),
    Column("state", Text, nullable=False),
    Index(
        "ix_leases_active",
        "deadline",
        info={"where": "state = 'active'"},
    ),
    Index("ix_leases_worker", "worker_id", "job_id"),
)

#: One try: rebuilderd's rebuild. A lease has at most one; `worker-lost` has none.
attempts = _table(
    "attempts",
    _reference("job_id", "jobs"),
    _reference("target_id", "targets"),
    _reference("worker_id", "workers", nullable=True),
    Column("lease_id", Integer, ForeignKey("leases.id"), unique=True),
    Column("started_at", Float),
    Column("built_at", Float, nullable=False, index=True),
    Column("received_at", Float, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Column("reported_only", Boolean, nullable=False),
    Column("reported_status", Text, nullable=False),
    Column("environment", DigestColumn),
    Column("strategy", Text, nullable=False),
    Column("added", Text, nullable=False),
    Column("phases", Text, nullable=False),
    Column("worker_version", Text, nullable=False),
    Index("ix_attempts_newest", "target_id", "built_at", "id"),
)

attempt_artifacts = _table(
    "attempt_artifacts",
    _reference("attempt_id", "attempts", index=False),
    _reference("artifact_id", "target_artifacts", nullable=True),
    Column("name", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("sha256", DigestColumn, index=True),
    Column("size", BigInteger),
    Column("detail", Text, nullable=False),
    UniqueConstraint("attempt_id", "file_name"),
)

#: What a worker sent besides its report. `digest` is that of the stored bytes.
evidence = _table(
    "evidence",
    _reference("job_id", "jobs"),
    _reference("attempt_id", "attempts", nullable=True),
    _reference("worker_id", "workers", nullable=True, index=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", DigestColumn, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("content_digest", DigestColumn, nullable=False),
    Column("received_at", Float, nullable=False),
)

#: Signed links. `digest` names the link in the blob store, `product` the package it speaks of.
attestations = _table(
    "attestations",
    _reference("attempt_artifact_id", "attempt_artifacts", index=False),
    Column("product", DigestColumn, nullable=False, index=True),
    Column("digest", DigestColumn, nullable=False),
    Column("keyids", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("made_at", Float, nullable=False),
    UniqueConstraint("attempt_artifact_id"),
)

# SQLite uses a partial index only for a condition it can read: written out, not bound.
QUEUED = jobs.c.state == literal_column("'queued'")
WAITING = jobs.c.state == literal_column("'waiting'")
OPEN = jobs.c.state.in_(
    [literal_column("'queued'"), literal_column("'waiting'"), literal_column("'running'")]
)
ACTIVE = leases.c.state == literal_column("'active'")
