# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives, runs and Releases there are. Only published runs are told.

A run that was removed is told to whoever names its stamp; lists leave it out unless asked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select, text

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.records import ArchiveRecord, RunRecord, StoredRelease
from storage.catalogue.tables import OPEN


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


def run_at(connection: Connection, archive: str, at: Timestamp) -> RunRecord | None:
    """The run that answers for a moment: the one of that stamp or alias, else the last before.

    Runs that were removed answer, too: what they stood for must not become another run.
    None when the archive has no run that old.
    """
    alias = _runs(archive).join(t.run_aliases, t.run_aliases.c.run_id == t.runs.c.id)
    earlier = _runs(archive).where(t.runs.c.ts <= at.epoch)
    row = connection.execute(_runs(archive).where(t.runs.c.ts == at.epoch)).first()
    if row is None:
        row = connection.execute(alias.where(t.run_aliases.c.ts == at.epoch)).first()
    if row is None:
        row = connection.execute(earlier.order_by(t.runs.c.ts.desc()).limit(1)).first()
    return None if row is None else _with_aliases(connection, archive, row)


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


_KEPT_FROM = text(
    "SELECT r.ts FROM archives a JOIN runs r ON r.archive_id = a.id "  # noqa: S608  our word
    "JOIN run_releases h ON h.run_id = r.id AND h.suite = :suite "
    f"WHERE a.name = :archive AND r.state = '{PUBLISHED}' AND r.removed IS NULL "
    "AND r.ts >= :at AND r.ts < :until ORDER BY r.ts LIMIT 1"
)


def kept_from(
    connection: Connection, archive: str, suite: str, at: Timestamp, until: Timestamp | None
) -> Timestamp | None:
    """The first kept run with a suite from one stamp to before another; None: there is none."""
    values = {
        "archive": archive,
        "suite": suite,
        "at": at.epoch,
        "until": until.epoch if until is not None else OPEN,
    }
    found = connection.execute(_KEPT_FROM, values).scalar_one_or_none()
    return None if found is None else Timestamp(found)


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


def run_id_at(connection: Connection, archive: str, stamp: Timestamp) -> int | None:
    """The published run of exactly a stamp."""
    query = _runs(archive).where(t.runs.c.ts == stamp.epoch)
    row = connection.execute(query).first()
    return None if row is None else int(row.id)


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


def suite_aliases(connection: Connection, archive: str, stamp: Timestamp) -> dict[str, str]:
    """Other names of suites at the run of exactly a stamp: alias to suite."""
    a = t.suite_aliases.c
    query = (
        _runs(archive)
        .where(t.runs.c.ts == stamp.epoch)
        .join(t.suite_aliases, a.run_id == t.runs.c.id)
        .with_only_columns(a.alias, a.suite)
        .order_by(a.alias)
    )
    return {row.alias: row.suite for row in connection.execute(query)}


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
