# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a draft visible: one short transaction, whatever the run holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from sqlalchemy import Connection, delete, select, update

from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound, VerificationError
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import take_statistics
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.records import RunDraft, Trust
from storage.catalogue.require_draft import require_draft
from storage.database import Database


def publish(database: Database, draft: RunDraft, *, seen: Timestamp | None = None) -> None:
    """Publish a draft; from here on everybody sees the whole run.

    A draft of a stamp that is published already widens that run, which is then proved as its
    weakest part is; one that was removed is kept again.

    Args:
        database: The catalogue.
        draft: The draft.
        seen: When its Releases were last seen at the upstream, if later than their dates.

    Raises:
        Busy: The draft is no longer ours.
        InvalidInput: It holds no Release.
        VerificationError: It contradicts the published run of its stamp.
    """
    take_statistics(database)  # now: the first readers shall find what was staged by its indices
    with database.write() as connection:
        require_draft(connection, draft)
        query = select(t.run_releases.c.suite).where(t.run_releases.c.run_id == draft.id)
        if connection.execute(query).first() is None:
            raise InvalidInput(f"the run {draft.timestamp} of {draft.archive} holds no Release")
        if seen is not None:
            c = t.run_releases.c
            connection.execute(
                update(t.run_releases)
                .where(c.run_id == draft.id, c.observed_until < seen.epoch)
                .values(observed_until=seen.epoch)
            )
        published = select(t.runs.c.id).where(
            t.runs.c.archive_id == draft.archive_id,
            t.runs.c.ts == draft.timestamp.epoch,
            t.runs.c.state == PUBLISHED,
        )
        older: int | None = connection.execute(published).scalar_one_or_none()
        if older is None:
            connection.execute(
                update(t.runs).where(t.runs.c.id == draft.id).values(state=PUBLISHED)
            )
        else:
            _widen(connection, draft, older)


def observed_again(
    database: Database, archive: str, releases: Mapping[str, Digest], at: Timestamp
) -> None:
    """Record that the newest run's Releases were still there: one row a suite.

    Args:
        database: The catalogue.
        archive: Archive.
        releases: Suite to the digest of its Release, as seen now.
        at: When.

    Raises:
        NotFound: The newest run does not hold such a Release.
    """
    with database.write() as connection:
        newest = (
            select(t.runs.c.id)
            .join(t.archives, t.archives.c.id == t.runs.c.archive_id)
            .where(
                t.archives.c.name == archive,
                t.runs.c.state == PUBLISHED,
                t.runs.c.removed.is_(None),
            )
            .order_by(t.runs.c.ts.desc())
            .limit(1)
        )
        run_id = connection.execute(newest).scalar_one_or_none()
        for suite, digest in sorted(releases.items()):
            c = t.run_releases.c
            release = select(t.releases.c.id).where(t.releases.c.digest == digest.raw)
            where = (
                c.run_id == run_id,
                c.suite == suite,
                c.release_id == release.scalar_subquery(),
            )
            if connection.execute(select(c.suite).where(*where)).first() is None:
                raise NotFound(f"the newest run of {archive} holds no Release {digest} of {suite}")
            connection.execute(
                update(t.run_releases)
                .where(*where, c.observed_until < at.epoch)
                .values(observed_until=at.epoch)
            )


def _widen(connection: Connection, draft: RunDraft, older: int) -> None:
    """Move what the draft holds into the published run of the same stamp."""
    c = t.run_releases.c
    query = select(c.suite, c.release_id).where(c.run_id == older)
    there = {row.suite: row.release_id for row in connection.execute(query)}
    for row in connection.execute(select(c.suite, c.release_id).where(c.run_id == draft.id)).all():
        if there.get(row.suite, row.release_id) != row.release_id:
            raise VerificationError(
                f"the run {draft.timestamp} of {draft.archive} is published with another Release "
                f"of {row.suite}",
                advice="a published run never changes; the next Release makes the next run",
            )
        if row.suite in there:
            _see(connection, older, draft.id, row.suite)
            connection.execute(
                delete(t.run_releases).where(c.run_id == draft.id, c.suite == row.suite)
            )
    for table, name in ((t.suite_aliases, "alias"), (t.run_aliases, "ts")):
        twice = select(table.c[name]).where(table.c.run_id == older)
        connection.execute(
            delete(table).where(table.c.run_id == draft.id, table.c[name].in_(twice))
        )
    for table in (t.run_releases, t.observations, t.suite_aliases, t.run_aliases):
        connection.execute(update(table).where(table.c.run_id == draft.id).values(run_id=older))
    joined = t.runs.c.id.in_((draft.id, older))
    trusts = connection.execute(select(t.runs.c.trust).where(joined)).scalars()
    weakest = max(trusts, key=get_args(Trust).index)
    scope = select(t.runs.c.scope).where(t.runs.c.id == draft.id).scalar_subquery()
    connection.execute(
        update(t.runs).where(t.runs.c.id == older).values(removed=None, scope=scope, trust=weakest)
    )
    connection.execute(delete(t.runs).where(t.runs.c.id == draft.id))


def _see(connection: Connection, older: int, draft_id: int, suite: str) -> None:
    """Until when a Release was seen moves forwards only."""
    c = t.run_releases.c
    mine = select(c.observed_until).where(c.run_id == draft_id, c.suite == suite)
    seen = connection.execute(mine).scalar_one()
    connection.execute(
        update(t.run_releases)
        .where(c.run_id == older, c.suite == suite, c.observed_until < seen)
        .values(observed_until=seen)
    )
