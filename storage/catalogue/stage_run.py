# SPDX-License-Identifier: GPL-3.0-or-later
"""Beginning a run, and telling it which Releases it holds.

A run is a *draft* until it is published: its rows exist and nobody sees them. An archive has
one draft at a time; beginning another discards what a dead program left.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from snapshot.coordinates import checked_name, checked_path, checked_suite
from snapshot.errors import Busy, Denied, InvalidInput, VerificationError
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_one, insert_rows
from storage.catalogue.discard_run import discard_unfinished
from storage.catalogue.observed import STAGING
from storage.catalogue.records import ReleaseRecord, RunDraft, Trust
from storage.catalogue.removals import Removals
from storage.catalogue.require_draft import require_draft
from storage.database import Database
from storage.retry_conflict import again_on_conflict


def begin_run(
    database: Database,
    archive: str,
    timestamp: Timestamp,
    *,
    trust: Trust,
    origin: str,
    aliases: Iterable[Timestamp] = (),
    scope: str | None = None,
) -> RunDraft:
    """Begin a run; leftovers of an unfinished run of that archive are discarded.

    A stamp that is published already may be begun again to *widen* that run by suites or
    streams it lacks; publishing joins the two.

    Args:
        database: The catalogue.
        archive: Archive; made when it is new.
        timestamp: The run's stamp.
        trust: How the archive proves what it sends.
        origin: Where it comes from, in the mirror's words.
        aliases: Other stamps of this run.
        scope: What of the archive is wanted, in the mirror's words.

    Raises:
        Busy: Another program did the same at the same moment.
        Denied: The run was taken out by a removal.
    """
    checked_name(archive, "archive")
    _refuse_taken_out(database, archive, timestamp)
    discard_unfinished(database, archive)
    try:
        return _begin(
            database,
            archive,
            timestamp,
            trust=trust,
            origin=origin,
            aliases=sorted(set(aliases)),
            scope=scope,
        )
    except IntegrityError as error:
        raise Busy(
            f"another program begins a run of {archive} at this moment",
            advice="let one of them do it",
        ) from error


def stage_release(database: Database, draft: RunDraft, release: ReleaseRecord) -> None:
    """Put a suite's Release into the draft; its indices come after it.

    Files that are new to a known Release are added to it. They are visible in older runs that
    hold the same Release: what they name was in them all the time.

    Raises:
        Busy: The draft is no longer ours.
    """
    checked_suite(release.suite)

    def work() -> None:
        with database.write() as connection:
            require_draft(connection, draft)
            release_id = _release_id(connection, release)
            _add_files(connection, release_id, release)
            _put_release(connection, draft, release.suite, release_id)
            for alias in sorted(set(release.aliases) - {release.suite}):
                _put_alias(connection, draft, alias, release.suite)

    again_on_conflict(work)  # another archive may bring the same Release at this moment


def _begin(
    database: Database,
    archive: str,
    timestamp: Timestamp,
    *,
    trust: Trust,
    origin: str,
    aliases: list[Timestamp],
    scope: str | None,
) -> RunDraft:
    with database.write() as connection:
        archive_id = _archive_id(connection, archive)
        run_id = insert_one(
            connection,
            t.runs,
            archive_id=archive_id,
            ts=timestamp.epoch,
            state=STAGING,
            trust=trust,
            origin=origin,
            scope=scope,
        )
        others = [(run_id, alias.epoch) for alias in aliases if alias != timestamp]
        insert_rows(connection, t.run_aliases, others)
    return RunDraft(run_id, archive, archive_id, timestamp)


def _put_release(connection: Connection, draft: RunDraft, suite: str, release_id: int) -> None:
    c = t.run_releases.c
    query = select(c.release_id).where(c.run_id == draft.id, c.suite == suite)
    there = connection.execute(query).scalar_one_or_none()
    if there not in (None, release_id):
        raise InvalidInput(f"{suite} of {draft.archive} with two Releases in one run")
    if there is None:
        connection.execute(
            insert(t.run_releases).values(
                run_id=draft.id,
                suite=suite,
                release_id=release_id,
                observed_until=draft.timestamp.epoch,
            )
        )


def _put_alias(connection: Connection, draft: RunDraft, alias: str, suite: str) -> None:
    checked_path(alias, "alias of a suite")
    c = t.suite_aliases.c
    query = select(c.suite).where(c.run_id == draft.id, c.alias == alias)
    if connection.execute(query).scalar_one_or_none() is None:
        connection.execute(
            insert(t.suite_aliases).values(run_id=draft.id, alias=alias, suite=suite)
        )


def _refuse_taken_out(database: Database, archive: str, timestamp: Timestamp) -> None:
    """Keep rules let go of runs, which may come back; a removal is for good."""
    removal = Removals(database).of_run(archive, timestamp)
    if removal is not None:
        raise Denied(
            f"{archive} {timestamp}: taken out by removal {removal.number}: {removal.reason}",
            advice="a removal is not taken back; ask for the run before or after it",
        )


def _archive_id(connection: Connection, name: str) -> int:
    query = select(t.archives.c.id).where(t.archives.c.name == name)
    found: int | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        found = insert_one(connection, t.archives, name=name)
    return found


def _release_id(connection: Connection, release: ReleaseRecord) -> int:
    query = select(t.releases.c.id).where(t.releases.c.digest == release.inrelease.raw)
    found: int | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        found = insert_one(
            connection,
            t.releases,
            digest=release.inrelease.raw,
            date=release.date.epoch,
            valid_until=release.valid_until.epoch if release.valid_until else None,
            fingerprint=release.fingerprint,
        )
    return found


def _add_files(connection: Connection, release_id: int, release: ReleaseRecord) -> None:
    c = t.release_files.c
    query = select(c.path, c.digest).where(c.release_id == release_id)
    known = {row.path: bytes(row.digest) for row in connection.execute(query)}
    new = []
    for path, (digest, size) in sorted(release.files.items()):
        if path not in known:
            new.append((release_id, path, digest.raw, size))
        elif known[path] != digest.raw:
            raise VerificationError(
                f"{release.suite}/{path}: one Release cannot name two contents",
                advice="whoever verified this file did not compare it with the Release",
            )
    insert_rows(connection, t.release_files, new)
