# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored bytes somebody needs; whatever is not told here may be collected.

Two questions, because of their sizes. Indices, records, environments and pins are some per run
or per job: they are told one after the other. Package files are asked for by digest, some
thousand at a time: most of them a mirror knows and does not have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from sqlalchemy import Connection, exists, or_, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.records import BlobState
from storage.database import Database

#: Runs that are about to be removed, by archive: they hold nothing any more.
Leaving = Mapping[str, Collection[Timestamp]]

_FILES = """
    SELECT wanted.digest, s.archive_id, s.suite, pr.first_ts, pr.until_ts
    FROM wanted CROSS JOIN blobs b
    JOIN files f ON f.blob_id = b.id
    JOIN entry_files ef ON ef.file_id = f.id
    JOIN presences pr ON pr.entry_id = ef.entry_id
    JOIN streams s ON s.id = pr.stream_id
    WHERE b.sha256 = wanted.digest
"""
_NAMED = """
    SELECT DISTINCT wanted.digest FROM wanted CROSS JOIN blobs b
    JOIN files f ON f.blob_id = b.id WHERE b.sha256 = wanted.digest
"""
#: What names bytes that are needed for as long as the row is there.
_NAMING = (
    t.buildinfos.c.digest,
    t.environments.c.digest,
    t.closures.c.definition,
    t.closures.c.manifest,
    t.pins.c.digest,
    t.made_files.c.digest,
)


class Needed:
    """What the catalogue needs, as questions; every answer is read in a transaction of its own.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def digests(self, leaving: Leaving) -> Iterator[bytes]:
        """Raw digests of all that is needed but package files (`needed_digests`)."""
        with self._database.read() as connection:
            yield from needed_digests(connection, leaving)

    def files(self, digests: Iterable[Digest], leaving: Leaving) -> set[Digest]:
        """Which of these are package files of a run that is kept."""
        with self._database.read() as connection:
            return needed_files(connection, digests, leaving)

    def packages(self, digests: Iterable[Digest]) -> set[Digest]:
        """Which of these any index ever listed as a package file."""
        with self._database.read() as connection:
            return package_files(connection, digests)

    def environments(self) -> tuple[Digest, ...]:
        """Environments whose members are needed, too."""
        with self._database.read() as connection:
            return pinned_environments(connection)

    def missing(self, archive: str) -> dict[Digest, int]:
        """Package files of the kept runs of an archive that no upstream has, with sizes."""
        with self._database.read() as connection:
            return missing_files(connection, archive)

    def releases(self, archive: str) -> set[Digest]:
        """Releases of the runs of an archive that are kept."""
        with self._database.read() as connection:
            return held_releases(connection, archive)


def needed_digests(connection: Connection, leaving: Leaving) -> Iterator[bytes]:
    """Everything that is needed but package files and members of environments; with repeats.

    That is what kept and unpublished runs have below `dists/`, build records, texts of
    environments and closures, files that we made, and whatever is pinned.
    """
    gone = _leaving_ids(connection, leaving)
    rr, rf = t.run_releases.c, t.release_files.c
    held = select(rr.run_id, rr.release_id).join(t.runs, t.runs.c.id == rr.run_id)
    held = held.where(t.runs.c.removed.is_(None))
    releases = {row.release_id for row in connection.execute(held) if row.run_id not in gone}
    for release in sorted(releases):
        query = select(rf.digest).where(rf.release_id == release)
        yield from map(bytes, connection.execute(query).scalars())
    for column in _NAMING:
        yield from map(bytes, connection.execute(select(column)).scalars())


def is_referred_to(connection: Connection, digest: Digest) -> bool:
    """Whether anything in the catalogue ever named some bytes, kept or not; asked for few."""
    raw = digest.raw
    named = [exists().where(column == raw) for column in (*_NAMING, t.release_files.c.digest)]
    listed = exists().where(t.blobs.c.sha256 == raw, t.files.c.blob_id == t.blobs.c.id)
    return bool(connection.execute(select(or_(listed, *named))).scalar_one())


def pinned_environments(connection: Connection) -> tuple[Digest, ...]:
    """Environments whose members are needed, too."""
    e = t.environments.c
    query = select(e.digest).join(t.pins, t.pins.c.digest == e.digest).distinct()
    found = connection.execute(query.order_by(e.digest)).scalars()
    return tuple(Digest.from_raw(bytes(raw)) for raw in found)


def needed_files(
    connection: Connection, digests: Iterable[Digest], leaving: Leaving
) -> set[Digest]:
    """Which of these are package files that an index of a kept or unpublished run lists."""
    stamps = _kept_stamps(connection, leaving)
    found = set()
    keys = sorted({(digest.raw,) for digest in digests})
    for raw, archive, suite, first, until in select_wanted(connection, keys, "digest", _FILES):
        if _is_within(stamps.get((archive, suite), []), first, until):
            found.add(Digest.from_raw(bytes(raw)))
    return found


def package_files(connection: Connection, digests: Iterable[Digest]) -> set[Digest]:
    """Which of these any index ever listed as a package file."""
    keys = sorted({(digest.raw,) for digest in digests})
    rows = select_wanted(connection, keys, "digest", _NAMED)
    return {Digest.from_raw(bytes(raw)) for (raw,) in rows}


def missing_files(connection: Connection, archive: str) -> dict[Digest, int]:
    """Package files of the kept runs of an archive that no upstream had, with sizes."""
    b, f, ef, pr, s = (
        t.blobs.c, t.files.c, t.entry_files.c, t.presences.c, t.streams.c,
    )  # fmt: skip
    query = (
        select(b.sha256, b.size, s.archive_id, s.suite, pr.first_ts, pr.until_ts)
        .select_from(t.blobs)
        .join(t.files, f.blob_id == b.id)
        .join(t.entry_files, ef.file_id == f.id)
        .join(t.presences, pr.entry_id == ef.entry_id)
        .join(t.streams, s.id == pr.stream_id)
        .join(t.archives, t.archives.c.id == s.archive_id)
        .where(b.state == int(BlobState.MISSING), t.archives.c.name == archive)
    )
    stamps = _kept_stamps(connection, {})
    found = {}
    for raw, size, archive_id, suite, first, until in connection.execute(query):
        if _is_within(stamps.get((archive_id, suite), []), first, until):
            found[Digest.from_raw(bytes(raw))] = size
    return found


def held_releases(connection: Connection, archive: str) -> set[Digest]:
    """Releases of the runs of an archive that are kept, and of its draft."""
    rr, r = t.run_releases.c, t.runs.c
    query = (
        select(t.releases.c.digest)
        .join(t.run_releases, rr.release_id == t.releases.c.id)
        .join(t.runs, r.id == rr.run_id)
        .join(t.archives, t.archives.c.id == r.archive_id)
        .where(t.archives.c.name == archive, r.removed.is_(None))
        .distinct()
    )
    return {Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars()}


def _is_within(stamps: list[int], first: int, until: int) -> bool:
    """Whether a run lies in an interval."""
    place = bisect_left(stamps, first)
    return place < len(stamps) and stamps[place] < until


def _leaving_ids(connection: Connection, leaving: Leaving) -> set[int]:
    r = t.runs.c
    query = select(r.id, r.ts, t.archives.c.name).join(t.archives, t.archives.c.id == r.archive_id)
    wanted = {(name, stamp.epoch) for name, stamps in leaving.items() for stamp in stamps}
    if not wanted:
        return set()
    return {row.id for row in connection.execute(query) if (row.name, row.ts) in wanted}


def _kept_stamps(connection: Connection, leaving: Leaving) -> dict[tuple[int, str], list[int]]:
    """Stamps of kept and unpublished runs, in order, by archive and suite."""
    gone = _leaving_ids(connection, leaving)
    r, rr = t.runs.c, t.run_releases.c
    query = (
        select(r.id, r.archive_id, rr.suite, r.ts)
        .join(t.run_releases, rr.run_id == r.id)
        .where(r.removed.is_(None))
        .order_by(r.ts)
    )
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in connection.execute(query):
        if row.id not in gone:
            found[row.archive_id, row.suite].append(row.ts)
    return found
