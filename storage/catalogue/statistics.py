# SPDX-License-Identifier: GPL-3.0-or-later
"""What each archive refers to, what of it is stored, and what keeping it once saves.

A plain copy of every run would hold each file as often as there are runs that list it. That sum
against what is stored is the deduplication ratio. One pass over the presences, in order of blob,
counts a file once for each run, however many indices of the run list it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import cast

from sqlalchemy import Connection, func, select

from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.records import BlobState


@dataclass(slots=True)
class Amount:
    """So many things of so many bytes."""

    count: int = 0
    size: int = 0

    def add(self, size: int, times: int = 1) -> None:
        """Count one more, or several."""
        self.count += times
        self.size += size * times


@dataclass(slots=True)
class ArchiveStatistics:
    """One archive; bytes of each distinct content are counted once unless it says otherwise.

    Attributes:
        name: Archive.
        runs: Runs that are kept.
        files: Package files that its indices name, stored or not.
        stored: Those that are stored.
        missing: Those that no upstream has.
        shared: Stored ones that another archive names, too.
        indices: Releases, indices and other members of Releases.
        copies: What plain copies of all kept runs would hold: files and members, each as often as
            runs have it, only what is stored.
    """

    name: str
    runs: int = 0
    files: Amount = field(default_factory=Amount)
    stored: Amount = field(default_factory=Amount)
    missing: Amount = field(default_factory=Amount)
    shared: Amount = field(default_factory=Amount)
    indices: Amount = field(default_factory=Amount)
    copies: Amount = field(default_factory=Amount)

    @property
    def ratio(self) -> float:
        """Bytes of plain copies for each byte stored; 1 when nothing is stored."""
        held = self.stored.size + self.indices.size
        return self.copies.size / held if held else 1.0


def archive_statistics(connection: Connection) -> list[ArchiveStatistics]:
    """Every archive with a kept run, by name.

    Args:
        connection: Open transaction; everything is read in one pass.
    """
    kept = _kept_runs(connection)
    found: dict[int, ArchiveStatistics] = {}
    for archive_id, name in connection.execute(select(t.archives.c.id, t.archives.c.name)):
        stamps = {ts for (owner, _), runs in kept.items() if owner == archive_id for ts in runs}
        if stamps:
            found[archive_id] = ArchiveStatistics(name, runs=len(stamps))
    _count_members(connection, found)
    streams = {
        stream_id: (archive_id, kept.get((archive_id, suite), ()))
        for stream_id, archive_id, suite in connection.execute(
            select(t.streams.c.id, t.streams.c.archive_id, t.streams.c.suite)
        )
    }
    for _, rows in groupby(_presences(connection), itemgetter(0)):
        _count_blob(list(rows), streams, found)
    return sorted(found.values(), key=lambda one: one.name)


Stamps = tuple[int, ...]
#: Blob, size, state, stream, first stamp, until.
Place = tuple[int, int, int, int, int, int]


def _kept_runs(connection: Connection) -> dict[tuple[int, str], Stamps]:
    """(archive, suite) to the stamps of its kept runs, in order; equal ones are one object."""
    r, rr = t.runs.c, t.run_releases.c
    query = (
        select(r.archive_id, rr.suite, r.ts)
        .join(t.run_releases, rr.run_id == r.id)
        .where(r.state == PUBLISHED, r.removed.is_(None))
        .order_by(r.ts)
    )
    stamps: dict[tuple[int, str], list[int]] = defaultdict(list)
    for archive_id, suite, ts in connection.execute(query):
        stamps[archive_id, suite].append(ts)
    one: dict[Stamps, Stamps] = {}
    return {key: one.setdefault(tuple(runs), tuple(runs)) for key, runs in stamps.items()}


def _count_members(connection: Connection, found: dict[int, ArchiveStatistics]) -> None:
    r, rr, rf = t.runs.c, t.run_releases.c, t.release_files.c
    query = (
        select(r.archive_id, rf.digest, rf.size, func.count())
        .select_from(t.runs)
        .join(t.run_releases, rr.run_id == r.id)
        .join(t.release_files, rf.release_id == rr.release_id)
        .where(r.state == PUBLISHED, r.removed.is_(None))
        .group_by(r.archive_id, rf.digest, rf.size)
    )
    for archive_id, _, size, times in connection.execute(query):
        found[archive_id].indices.add(size)
        found[archive_id].copies.add(size, times)


def _presences(connection: Connection) -> Iterator[Place]:
    """(blob, size, state, stream, first, until) of every package file, in order of blob."""
    f, b, ef, pr = t.files.c, t.blobs.c, t.entry_files.c, t.presences.c
    query = (
        select(f.blob_id, b.size, b.state, pr.stream_id, pr.first_ts, pr.until_ts)
        .select_from(t.files)
        .join(t.blobs, b.id == f.blob_id)
        .join(t.entry_files, ef.file_id == f.id)
        .join(t.presences, pr.entry_id == ef.entry_id)
        .order_by(f.blob_id)
    )
    rows = connection.execution_options(yield_per=10_000).execute(query)
    return cast("Iterator[Place]", iter(rows))


def _count_blob(
    rows: list[Place],
    streams: dict[int, tuple[int, Stamps]],
    found: dict[int, ArchiveStatistics],
) -> None:
    """Count one content in every archive that has it in a kept run."""
    _, size, state, *_ = rows[0]
    places: dict[int, list[tuple[Stamps, int, int]]] = defaultdict(list)
    for _, _, _, stream_id, first, until in rows:
        archive_id, stamps = streams[stream_id]
        low, high = bisect_left(stamps, first), bisect_left(stamps, until)
        if low < high:
            places[archive_id].append((stamps, low, high))
    stored = state == BlobState.PRESENT
    for archive_id, ranges in places.items():
        statistics = found[archive_id]
        statistics.files.add(size)
        if stored:
            statistics.stored.add(size)
            statistics.copies.add(size, _runs_of(ranges))
            if len(places) > 1:
                statistics.shared.add(size)
        elif state == BlobState.MISSING:
            statistics.missing.add(size)


def _runs_of(ranges: list[tuple[Stamps, int, int]]) -> int:
    """How many runs lie in some ranges of runs; a run in several counts once."""
    if len({(id(stamps), low, high) for stamps, low, high in ranges}) == 1:
        return ranges[0][2] - ranges[0][1]
    return len({ts for stamps, low, high in ranges for ts in stamps[low:high]})
