# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be reproduced, with its originals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, or_, select, update

from snapshot.digest import Digest
from snapshot.errors import NotFound
from snapshot.verdict import Original
from storage.database import Database
from storage.ledger import tables as t
from storage.ledger.drop_jobs import drop_unseen
from storage.ledger.put_targets import PutReport, chunks, put_chunk
from storage.ledger.records import Artifact, Target
from storage.ledger.rows import artifact_of, target_of
from storage.ledger.values import NewTarget, Placement
from storage.retry_conflict import again_on_conflict


class Targets:
    """The targets.

    Args:
        database: An upgraded ledger.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        targets: Sequence[NewTarget],
        placement: Placement | None = None,
        *,
        now: float,
        spread: Callable[[], int],
    ) -> PutReport:
        """Write targets down and queue those that have something to gain.

        Bounded transactions, idempotent: when it breaks off, do it again.

        Args:
            targets: Any number; equal ones count once.
            placement: How to queue; None queues nothing.
            now: Seconds since 1970.
            spread: Random number below 2**31.
        """
        reports = []
        for chunk in chunks(targets):
            work = partial(self._put_chunk, chunk, placement, now=now, spread=spread)
            reports.append(again_on_conflict(work))
        return PutReport(
            ids=tuple(i for report in reports for i in report.ids),
            created=sum(report.created for report in reports),
            queued=sum(report.queued for report in reports),
        )

    def _put_chunk(
        self,
        chunk: Sequence[NewTarget],
        placement: Placement | None,
        *,
        now: float,
        spread: Callable[[], int],
    ) -> PutReport:
        with self._database.write() as connection:
            return put_chunk(connection, chunk, placement, now=now, spread=spread)

    def unsee(
        self, distribution: str, release: str, architecture: str, *, before: float, now: float
    ) -> int:
        """Mark what a complete report no longer listed, and drop its jobs from the queue.

        Jobs that run stay, and so do those a person asked for.

        Args:
            distribution: Scope of the report.
            release: Likewise; empty for the wire's null.
            architecture: Likewise.
            before: When the report began: what was last seen earlier is gone.
            now: Seconds since 1970.

        Returns:
            Jobs dropped.
        """
        with self._database.write() as connection:
            return drop_unseen(
                connection, (distribution, release, architecture), before=before, now=now
            )

    def get(self, target_id: int) -> Target:
        """One target.

        Raises:
            NotFound: There is none with this id.
        """
        with self._database.read() as connection:
            return read_target(connection, target_id)

    def artifacts(self, target_id: int) -> tuple[Artifact, ...]:
        """Its originals, in the order they were reported."""
        query = (
            select(t.target_artifacts)
            .where(t.target_artifacts.c.target_id == target_id)
            .order_by(t.target_artifacts.c.id)
        )
        with self._database.read() as connection:
            return tuple(artifact_of(row) for row in connection.execute(query))

    def set_environment(self, target_id: int, environment: Digest) -> None:
        """Note the environment that was resolved for it."""
        with self._database.write() as connection:
            connection.execute(
                update(t.targets).where(t.targets.c.id == target_id).values(environment=environment)
            )

    def learn(self, artifact_id: int, sha256: Digest, size: int | None, origin: Original) -> None:
        """Note the digest of an original, or that a verified index names it.

        A digest once known is never replaced by another.
        """
        c = t.target_artifacts.c
        with self._database.write() as connection:
            connection.execute(
                update(t.target_artifacts)
                .where(c.id == artifact_id, or_(c.sha256.is_(None), c.sha256 == sha256))
                .values(sha256=sha256, size=size, origin=origin.value)
            )

    def with_artifact(self, digest: Digest) -> tuple[Artifact, ...]:
        """Originals with this digest, in any target."""
        query = select(t.target_artifacts).where(t.target_artifacts.c.sha256 == digest)
        with self._database.read() as connection:
            return tuple(artifact_of(row) for row in connection.execute(query))

    def of_source(self, source: str, distribution: str | None = None) -> tuple[Target, ...]:
        """Every target of a source package, newest first: its history."""
        query = select(t.targets).where(t.targets.c.source == source)
        if distribution is not None:
            query = query.where(t.targets.c.distribution == distribution)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(t.targets.c.id.desc())).all()
            releases = read_releases(connection, [row.id for row in rows])
            return tuple(target_of(row, releases.get(row.id, ())) for row in rows)


def read_target(connection: Connection, target_id: int) -> Target:
    """One target inside the caller's transaction.

    Raises:
        NotFound: There is none with this id.
    """
    row = connection.execute(select(t.targets).where(t.targets.c.id == target_id)).first()
    if row is None:
        raise NotFound(f"no target {target_id}")
    return target_of(row, read_releases(connection, [target_id]).get(target_id, ()))


def read_releases(connection: Connection, target_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Releases that point to each target, in the order they were first seen."""
    found: dict[int, tuple[str, ...]] = {}
    s = t.target_suites.c
    for start in range(0, len(target_ids), 5000):
        ids = target_ids[start : start + 5000]
        query = select(s.target_id, s.release).where(s.target_id.in_(ids), s.release != "")
        for row in connection.execute(query.order_by(s.id)):
            found[row.target_id] = (*found.get(row.target_id, ()), row.release)
    return found
