# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft brings: the files of entries that begin with it, not those of the whole index.

And those that were there before it, in runs that were removed with their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, and_, select

from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.observed_ranges import last_before
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import BlobState, RunDraft, StoredFile

#: What an operator took out is not asked for again.
_WITHHELD = select(t.removal_files.c.digest)


def changed_files(connection: Connection, draft: RunDraft) -> Iterator[StoredFile]:
    """Files of every entry whose presence begins with this draft, stored or not.

    A draft that was discarded and is staged again gives the same files: what an interrupted
    program did with them (fetch, link) can be completed from this list.

    Args:
        connection: Open transaction.
        draft: All its indices are staged.

    Yields:
        In order of path; a digest once for each of its paths.
    """
    o, pr, f, b = t.observations.c, t.presences.c, t.files.c, t.blobs.c
    query = (
        select(f.path, b.sha256, b.sha1, b.size, b.state)
        .select_from(t.observations)
        .join(
            t.presences,
            # What begins here ends later: said so that what ended earlier is not looked at.
            and_(pr.stream_id == o.stream_id, pr.first_ts == o.ts, pr.until_ts > o.ts),
        )
        .join(t.entry_files, t.entry_files.c.entry_id == pr.entry_id)
        .join(t.files, f.id == t.entry_files.c.file_id)
        .join(t.blobs, b.id == f.blob_id)
        .where(o.run_id == draft.id, b.sha256.not_in(_WITHHELD))
        .order_by(f.path, b.sha256)
        .distinct()
    )
    for row in connection.execute(query):
        yield stored_file(row.path, row.sha256, row.sha1, row.size, row.state)


def removed_files(connection: Connection, draft: RunDraft) -> Iterator[StoredFile]:
    """Files of the draft's suites that are present at its stamp and whose bytes were collected.

    There are none where the run before it is kept, which needs the same files; of a stream whose
    last observer was removed everything that is present is looked at.

    Args:
        connection: Open transaction.
        draft: All its indices are staged.

    Yields:
        In order of path; a digest once for each of its paths.
    """
    streams = _streams_of_removed(connection, draft)
    if not streams:
        return
    pr, f, b = t.presences.c, t.files.c, t.blobs.c
    query = (
        select(f.path, b.sha256, b.sha1, b.size, b.state)
        .select_from(t.presences)
        .join(t.entry_files, t.entry_files.c.entry_id == pr.entry_id)
        .join(t.files, f.id == t.entry_files.c.file_id)
        .join(t.blobs, b.id == f.blob_id)
        .where(
            pr.stream_id.in_(streams),
            pr.first_ts <= draft.timestamp.epoch,
            pr.until_ts > draft.timestamp.epoch,
            b.state == int(BlobState.REMOVED),
            b.sha256.not_in(_WITHHELD),
        )
        .order_by(f.path, b.sha256)
        .distinct()
    )
    for row in connection.execute(query):
        yield stored_file(row.path, row.sha256, row.sha1, row.size, row.state)


def _streams_of_removed(connection: Connection, draft: RunDraft) -> list[int]:
    """Streams of the draft's suites that a removed run was the last to see."""
    r, rr, s = t.runs.c, t.run_releases.c, t.streams.c
    mine = (
        select(s.id)
        .select_from(t.run_releases)
        .join(t.streams, and_(s.archive_id == draft.archive_id, s.suite == rr.suite))
        .where(rr.run_id == draft.id)
    )
    found = []
    for stream_id in connection.execute(mine).scalars().all():
        # A removed run of the draft's own stamp, which is captured again, counts.
        last = last_before(connection, stream_id, draft.timestamp.epoch + 1)
        gone = select(r.id).where(
            r.archive_id == draft.archive_id,
            r.ts == last,
            r.state == PUBLISHED,
            r.removed.is_not(None),
        )
        if connection.execute(gone).first() is not None:
            found.append(stream_id)
    return found
