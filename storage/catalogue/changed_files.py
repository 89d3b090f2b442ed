# SPDX-License-Identifier: GPL-3.0-or-later
"""What a draft brings: the files of entries that begin with it, not those of the whole index.

And those that were there before it, in runs that were removed with their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, and_, select

from storage.catalogue import tables as t
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

    There are none unless a run of the archive was removed: only then is anything looked at.

    Args:
        connection: Open transaction.
        draft: All its indices are staged.

    Yields:
        In order of path; a digest once for each of its paths.
    """
    r, rr, s = t.runs.c, t.run_releases.c, t.streams.c
    gone = select(r.id).where(r.archive_id == draft.archive_id, r.removed.is_not(None)).limit(1)
    if connection.execute(gone).first() is None:
        return
    pr, f, b = t.presences.c, t.files.c, t.blobs.c
    query = (
        select(f.path, b.sha256, b.sha1, b.size, b.state)
        .select_from(t.run_releases)
        .join(t.streams, and_(s.archive_id == draft.archive_id, s.suite == rr.suite))
        .join(t.presences, pr.stream_id == s.id)
        .join(t.entry_files, t.entry_files.c.entry_id == pr.entry_id)
        .join(t.files, f.id == t.entry_files.c.file_id)
        .join(t.blobs, b.id == f.blob_id)
        .where(
            rr.run_id == draft.id,
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
