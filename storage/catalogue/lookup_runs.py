# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives, runs and Releases there are. Only published runs are told.

A run that was removed is told to whoever names its stamp; lists leave it out unless asked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import select_rows
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.records import ArchiveRecord, RunRecord, StoredRelease
from storage.catalogue.tables import OPEN
from storage.database import Database


def archives(connection: Connection) -> tuple[ArchiveRecord, ...]:
    """Archives with at least one run, by name."""
    r = t.runs.c
    query = (
        select(t.archives.c.name, func.min(r.ts), func.max(r.ts), func.count())
        .join(t.runs, r.archive_id == t.archives.c.id)
        .where(r.state == PUBLISHED, r.removed.is_(None))
        .group_by(t.archives.c.name)
        .order_by(t.archives.c.name)
    )
    return tuple(
        ArchiveRecord(name, Timestamp(first), Timestamp(last), count)
        for name, first, last, count in connection.execute(query)
    )


def runs(
    connection: Connection,
    archive: str,
    *,
    after: Timestamp | None = None,
    before: Timestamp | None = None,
    removed: bool = False,
    suite: str | None = None,
) -> tuple[RunRecord, ...]:
    """Runs of an archive, the oldest first.

    Args:
        connection: Open transaction.
        archive: Archive; an unknown one has no runs.
        after: Only runs at or after it.
        before: Only runs at or before it.
        removed: Also those that are no longer kept.
        suite: Only runs that hold it.
    """
    query = _runs(archive) if removed else _kept(archive)
    if suite is not None:
        held = t.run_releases.c
        query = query.join(t.run_releases, held.run_id == t.runs.c.id).where(held.suite == suite)
    if after is not None:
        query = query.where(t.runs.c.ts >= after.epoch)
    if before is not None:
        query = query.where(t.runs.c.ts <= before.epoch)
    rows = connection.execute(query.order_by(t.runs.c.ts)).all()
    aliases = _aliases(connection, archive)
    return tuple(_record(archive, row, aliases.get(row.id, ())) for row in rows)


def run_stamps(connection: Connection, archive: str) -> tuple[Timestamp, ...]:
    """Only the stamps, the oldest first."""
    query = _kept(archive).with_only_columns(t.runs.c.ts).order_by(t.runs.c.ts)
    return tuple(map(Timestamp, connection.execute(query).scalars()))


# The words stand in the statements: SQLite uses a partial index for no parameter.
_PUBLISHED_OF_A = f"one.archive_id = a.id AND one.state = '{PUBLISHED}'"
_RUN_AT = (
    "SELECT r.ts, r.trust, r.origin, r.removed, r.scope, x.ts FROM archives a "  # noqa: S608  ours
    "JOIN runs r ON r.id = COALESCE("
    f"(SELECT one.id FROM runs one WHERE {_PUBLISHED_OF_A} AND one.ts = :at), "
    # CROSS JOIN: SQLite would go through all runs of the archive.
    "(SELECT one.id FROM run_aliases other CROSS JOIN runs one "
    f"WHERE other.ts = :at AND one.id = other.run_id AND {_PUBLISHED_OF_A} "
    "ORDER BY one.ts LIMIT 1), "
    f"(SELECT one.id FROM runs one WHERE {_PUBLISHED_OF_A} AND one.ts < :at "
    "ORDER BY one.ts DESC LIMIT 1)) "
    "LEFT JOIN run_aliases x ON x.run_id = r.id WHERE a.name = :archive ORDER BY x.ts"
)
# Whole runs are looked at from the newest one backwards, and that one is never removed.
_NEWEST = (
    "SELECT one.ts FROM archives a JOIN runs one ON one.archive_id = a.id "  # noqa: S608  ours
    f"AND one.state = '{PUBLISHED}' AND one.removed IS NULL "
    "WHERE a.name = :archive ORDER BY one.ts DESC LIMIT 1"
)


def run_at(database: Database, archive: str, at: Timestamp) -> RunRecord | None:
    """The run that answers for a moment: the one of that stamp or alias, else the last before.

    Runs that were removed answer, too: what they stood for must not become another run.
    None when the archive has no run that old.
    """
    rows = database.ask(_RUN_AT, archive=archive, at=at.epoch)
    if not rows:
        return None
    ts, trust, origin, removed, scope, _ = rows[0]
    return RunRecord(
        archive,
        Timestamp(ts),
        trust,
        origin,
        tuple(Timestamp(row[5]) for row in rows if row[5] is not None),
        None if removed is None else Timestamp(removed),
        scope,
    )


def newest_run(database: Database, archive: str) -> Timestamp | None:
    """The newest run that is kept; None: there is no such archive."""
    rows = database.ask(_NEWEST, archive=archive)
    return Timestamp(rows[0][0]) if rows else None


def kept_around(
    connection: Connection, archive: str, at: Timestamp
) -> tuple[RunRecord | None, RunRecord | None]:
    """The last kept run at or before a moment, and the first one after it."""
    ts = t.runs.c.ts
    before = _kept(archive).where(ts <= at.epoch).order_by(ts.desc()).limit(1)
    after = _kept(archive).where(ts > at.epoch).order_by(ts).limit(1)
    first, second = (connection.execute(query).first() for query in (before, after))
    return (
        None if first is None else _with_aliases(connection, archive, first),
        None if second is None else _with_aliases(connection, archive, second),
    )


_KEPT_FROM = (
    "SELECT r.ts FROM archives a JOIN runs r ON r.archive_id = a.id "  # noqa: S608  our word
    "JOIN run_releases h ON h.run_id = r.id AND h.suite = :suite "
    f"WHERE a.name = :archive AND r.state = '{PUBLISHED}' AND r.removed IS NULL "
    "AND r.ts >= :at AND r.ts < :until ORDER BY r.ts LIMIT 1"
)


def kept_from(
    database: Database, archive: str, suite: str, at: Timestamp, until: Timestamp | None
) -> Timestamp | None:
    """The first kept run with a suite from one stamp to before another; None: there is none."""
    end = until.epoch if until is not None else OPEN
    rows = database.ask(_KEPT_FROM, archive=archive, suite=suite, at=at.epoch, until=end)
    return Timestamp(rows[0][0]) if rows else None


def _with_aliases(connection: Connection, archive: str, row: Any) -> RunRecord:
    query = select(t.run_aliases.c.ts).where(t.run_aliases.c.run_id == row.id)
    others = sorted(Timestamp(ts) for ts in connection.execute(query).scalars())
    return _record(archive, row, tuple(others))


def _record(archive: str, row: Any, aliases: tuple[Timestamp, ...]) -> RunRecord:
    return RunRecord(
        archive,
        Timestamp(row.ts),
        row.trust,
        row.origin,
        aliases,
        None if row.removed is None else Timestamp(row.removed),
        row.scope,
    )


_RUN_ID = (
    "SELECT one.id FROM archives a JOIN runs one ON one.archive_id = a.id "  # noqa: S608  our word
    f"AND one.state = '{PUBLISHED}' WHERE a.name = :archive AND one.ts = :stamp"
)


def run_id_at(connection: Connection, archive: str, stamp: Timestamp) -> int | None:
    """The published run of exactly a stamp."""
    rows = select_rows(connection, _RUN_ID, archive=archive, stamp=stamp.epoch)
    return rows[0][0] if rows else None


def releases_at(
    connection: Connection, archive: str, stamp: Timestamp
) -> tuple[StoredRelease, ...]:
    """The Releases of the run of exactly a stamp, by suite; none for an unknown run."""
    rr, r = t.run_releases.c, t.releases.c
    query = (
        _runs(archive)
        .where(t.runs.c.ts == stamp.epoch)
        .join(t.run_releases, rr.run_id == t.runs.c.id)
        .join(t.releases, r.id == rr.release_id)
        .with_only_columns(
            rr.suite, r.digest, r.date, r.valid_until, r.fingerprint, rr.observed_until
        )
        .order_by(rr.suite)
    )
    return tuple(
        StoredRelease(
            suite=row.suite,
            inrelease=Digest.from_raw(bytes(row.digest)),
            date=Timestamp(row.date),
            valid_until=None if row.valid_until is None else Timestamp(row.valid_until),
            fingerprint=row.fingerprint,
            observed_until=Timestamp(row.observed_until),
        )
        for row in connection.execute(query)
    )


_SUITE_ALIASES = (
    "SELECT s.alias, s.suite FROM archives a JOIN runs one ON one.archive_id = a.id "  # noqa: S608
    f"AND one.state = '{PUBLISHED}' JOIN suite_aliases s ON s.run_id = one.id "
    "WHERE a.name = :archive AND one.ts = :stamp ORDER BY s.alias"
)


def suite_aliases(connection: Connection, archive: str, stamp: Timestamp) -> dict[str, str]:
    """Other names of suites at the run of exactly a stamp: alias to suite."""
    return dict(select_rows(connection, _SUITE_ALIASES, archive=archive, stamp=stamp.epoch))


def _runs(archive: str) -> Select[Any]:
    r = t.runs.c
    return (
        select(r.id, r.ts, r.trust, r.origin, r.removed, r.scope)
        .select_from(t.runs)
        .join(t.archives, and_(t.archives.c.id == r.archive_id, t.archives.c.name == archive))
        .where(r.state == PUBLISHED)
    )


def _kept(archive: str) -> Select[Any]:
    return _runs(archive).where(t.runs.c.removed.is_(None))


def _aliases(connection: Connection, archive: str) -> dict[int, tuple[Timestamp, ...]]:
    a = t.run_aliases.c
    query = (
        _runs(archive)
        .join(t.run_aliases, a.run_id == t.runs.c.id)
        .with_only_columns(a.run_id, a.ts)
        .order_by(a.run_id, a.ts)
    )
    found: dict[int, list[Timestamp]] = defaultdict(list)
    for run_id, ts in connection.execute(query):
        found[run_id].append(Timestamp(ts))
    return {run_id: tuple(stamps) for run_id, stamps in found.items()}
