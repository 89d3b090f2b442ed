# SPDX-License-Identifier: GPL-3.0-or-later
"""When a directory was another one: the first, nearest and last runs around one of its listings.

Metadata changes with the Releases: those before and after are compared, the nearest first. A
directory of packages changes where presences begin or end. One with more files than
`MOST_FILES` below it, and the root, change with nearly every run: for those only runs are told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, and_, func, select

from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.intervals import Row, hidden, joined
from storage.catalogue.list_directory import after_prefix
from storage.catalogue.lookup_files import split_suite
from storage.catalogue.lookup_runs import run_id_at, run_stamps
from storage.catalogue.observed import PUBLISHED, unpublished
from storage.catalogue.tables import OPEN

#: Files below a directory beyond which its changes are not looked for.
MOST_FILES = 2000
#: Distinct Releases that are looked at for one change.
MOST_RELEASES = 200


@dataclass(frozen=True, slots=True)
class DirectoryChanges:
    """Kept runs around a listing; None where there is none, or where it was not looked for.

    Attributes:
        first: The first one that has the directory.
        previous_change: The last one before in which it held something else.
        previous: The one before, whatever it has.
        next: The one after, whatever it has.
        next_change: The first one after in which it held something else.
        last: The last one that has the directory.
    """

    first: Timestamp | None
    previous_change: Timestamp | None
    previous: Timestamp | None
    next: Timestamp | None
    next_change: Timestamp | None
    last: Timestamp | None


def directory_changes(
    connection: Connection, archive: str, stamp: Timestamp, path: str
) -> DirectoryChanges:
    """Find the runs around the listing of a directory in the run of exactly a stamp.

    Args:
        connection: Open transaction.
        archive: Archive.
        stamp: Of a published run, exactly.
        path: Relative to the run's root, without slashes at its ends.
    """
    kept = [one.epoch for one in run_stamps(connection, archive)]
    before, after = bisect_left(kept, stamp.epoch) - 1, bisect_right(kept, stamp.epoch)
    run_id = run_id_at(connection, archive, stamp)
    cut = None if run_id is None else split_suite(connection, archive, stamp, run_id, path)
    found: tuple[int | None, ...] = (None, None, None, None)
    if cut is not None:
        found = _of_metadata(connection, archive, stamp.epoch, *cut)
    if cut is None or not any(found):
        found = _of_packages(connection, archive, stamp.epoch, kept, path)
    first, changed, changes, last = (None if ts is None else Timestamp(ts) for ts in found)
    return DirectoryChanges(
        first=first,
        previous_change=changed,
        previous=Timestamp(kept[before]) if before >= 0 else None,
        next=Timestamp(kept[after]) if after < len(kept) else None,
        next_change=changes,
        last=last,
    )


def _of_metadata(
    connection: Connection, archive: str, at: int, suite: str, rest: str
) -> tuple[int | None, ...]:
    """First, previous change, next change, last of what a suite's Releases hold."""
    prefix = f"{rest}/" if rest else ""
    r, rr, rf = t.runs.c, t.run_releases.c, t.release_files.c
    query = (
        select(r.ts, rr.release_id)
        .select_from(t.runs)
        .join(t.archives, and_(t.archives.c.id == r.archive_id, t.archives.c.name == archive))
        .join(t.run_releases, rr.run_id == r.id)
        .where(r.state == PUBLISHED, r.removed.is_(None), rr.suite == suite)
        .order_by(r.ts)
    )
    runs = [(ts, release) for ts, release in connection.execute(query)]

    @cache
    def held(release: int) -> tuple[tuple[str, bytes], ...]:
        inside = (rf.path >= prefix, rf.path < after_prefix(prefix))
        files = select(rf.path, rf.digest).where(rf.release_id == release, *inside)
        rows = connection.execute(files.order_by(rf.path))
        return tuple((path, bytes(digest)) for path, digest in rows)

    here = next((held(release) for ts, release in runs if ts == at), ())
    if not here:
        return None, None, None, None
    earlier = [run for run in reversed(runs) if run[0] < at]
    later = [run for run in runs if run[0] > at]

    def nearest(others: Sequence[tuple[int, int]], *, same: bool) -> int | None:
        seen: set[int] = set()
        for ts, release in others:
            seen.add(release)
            if len(seen) > MOST_RELEASES:
                return None
            if held(release) and (same or held(release) != here):
                return ts
        return None

    return (
        nearest(runs, same=True),
        nearest(earlier, same=False),
        nearest(later, same=False),
        nearest(runs[::-1], same=True),
    )


def _of_packages(
    connection: Connection, archive: str, at: int, kept: Sequence[int], path: str
) -> tuple[int | None, ...]:
    """The same of a directory of packages."""
    files = _presences(connection, archive, f"{path}/") if path else []
    whole = joined(row for rows in files for row in rows)
    edges = sorted({edge for rows in files for row in rows for edge in row if edge != OPEN})
    if not whole:
        return None, None, None, None

    def there(position: int) -> int | None:
        """The kept run at a position, if it has the directory."""
        if not 0 <= position < len(kept):
            return None
        has = any(first <= kept[position] < until for first, until in whole)
        return kept[position] if has else None

    begun = bisect_right(edges, at)
    return (
        there(bisect_left(kept, whole[0][0])),
        there(bisect_left(kept, edges[begun - 1]) - 1) if begun else None,
        there(bisect_left(kept, edges[begun])) if begun < len(edges) else None,
        there(bisect_left(kept, whole[-1][1]) - 1),
    )


def _presences(connection: Connection, archive: str, prefix: str) -> Iterable[list[Row]]:
    """When each file below a directory was there, in any stream; none when they are too many."""
    f, pr, s = t.files.c, t.presences.c, t.streams.c
    inside = (f.path >= prefix, f.path < after_prefix(prefix))
    some = select(f.id).where(*inside).limit(MOST_FILES + 1).subquery()
    if connection.execute(select(func.count()).select_from(some)).scalar_one() > MOST_FILES:
        return []
    query = (
        select(f.id, pr.stream_id, pr.first_ts, pr.until_ts)
        .select_from(t.files)
        .join(t.entry_files, t.entry_files.c.file_id == f.id)
        .join(t.presences, pr.entry_id == t.entry_files.c.entry_id)
        .join(t.streams, s.id == pr.stream_id)
        .join(t.archives, and_(t.archives.c.id == s.archive_id, t.archives.c.name == archive))
        .where(*inside)
    )
    masks = unpublished(connection)
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for file_id, stream_id, first, until in connection.execute(query):
        mask = masks.get(stream_id)
        found[file_id] += [(first, until)] if mask is None else hidden([(first, until)], mask)
    return [joined(rows) for rows in found.values()]
