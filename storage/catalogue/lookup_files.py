# SPDX-License-Identifier: GPL-3.0-or-later
"""One path in one run: metadata from its Releases, packages from what its indices list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from snapshot.coordinates import suite_directory
from snapshot.timestamp import Timestamp
from storage.catalogue.bulk_load import select_rows, select_wanted
from storage.catalogue.intervals import Row, hidden
from storage.catalogue.lookup_runs import run_id_at, suite_aliases
from storage.catalogue.observed import streams_at, unpublished
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import BlobState, StoredFile

#: Directory names of `by-hash/` and the length of their digests.
_BY_HASH = "by-hash/SHA256/"


def file_at(connection: Connection, archive: str, stamp: Timestamp, path: str) -> StoredFile | None:
    """The file that a run has at a path.

    Metadata is what the run's own Releases hold, also under aliases of suites and
    `by-hash/SHA256/`. Any other path is one of the shared pool: what the run's indices list
    comes first, then what a run before it had under that name, the last one, or else the first
    one after it: what an address gave, no later run changes.

    Args:
        connection: Open transaction.
        archive: Archive.
        stamp: Of a published run, exactly.
        path: Relative to the run's root, normalised.
    """
    run_id = run_id_at(connection, archive, stamp)
    if run_id is None:
        return None
    if not path.startswith("pool/"):
        found = _metadata_file(connection, archive, stamp, run_id, path)
        # Old archives keep packages below dists/, flat ones beside their metadata.
        if found is not None:
            return found
    return _pool_file(connection, archive, stamp, run_id, path)


def reused_paths(connection: Connection, archive: str, paths: Iterable[str]) -> set[str]:
    """Which of these names mean, or meant, more than one content in an archive.

    A run that is not published yet counts: its names are about to be linked.
    """
    # Nearly all names have one content, whatever the archive: they are out before it is asked for.
    twice = select_wanted(
        connection,
        sorted({(path,) for path in paths}),
        "path",
        "SELECT f.path FROM wanted CROSS JOIN files f WHERE f.path = wanted.path "
        "GROUP BY f.path HAVING count(*) > 1",
    )
    # In this order and no other: from the archive's end it would read all entries for each name.
    rows = select_wanted(
        connection,
        sorted((archive, path) for (path,) in twice),
        "name, path",
        "SELECT wanted.path FROM wanted CROSS JOIN files f CROSS JOIN entry_files ef "
        "CROSS JOIN presences pr CROSS JOIN streams s CROSS JOIN archives a "
        "WHERE f.path = wanted.path AND ef.file_id = f.id AND pr.entry_id = ef.entry_id "
        "AND s.id = pr.stream_id AND a.id = s.archive_id AND a.name = wanted.name "
        "GROUP BY wanted.path HAVING count(DISTINCT f.blob_id) > 1",
    )
    return {path for (path,) in rows}


_SUITES = "SELECT suite FROM run_releases WHERE run_id = :run"


def split_suite(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, path: str
) -> tuple[str, str] | None:
    """Cut a path into (suite, rest); an alias becomes its suite.

    None when it lies in no suite of the run. The rest is empty for the suite itself.
    """
    suites = select_rows(connection, _SUITES, run=run_id)
    names = suite_aliases(connection, archive, stamp) | {suite: suite for (suite,) in suites}
    places = {suite_directory(name): suite for name, suite in names.items()}
    for place in sorted(places, key=len, reverse=True):
        if f"{path}/".startswith(place):
            return places[place], path[len(place) :]
    return None


_METADATA = (
    "SELECT rf.path, rf.digest, rf.size, b.sha1, b.state FROM run_releases rr "
    "JOIN release_files rf ON rf.release_id = rr.release_id "
    "LEFT JOIN blobs b ON b.sha256 = rf.digest "
    "WHERE rr.run_id = :run AND rr.suite = :suite AND "
)
_BY_PATH = f"{_METADATA} rf.path = :path"
_BY_DIGEST = f"{_METADATA} rf.digest = :digest ORDER BY rf.path"


def _metadata_file(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, path: str
) -> StoredFile | None:
    cut = split_suite(connection, archive, stamp, run_id, path)
    if cut is None:
        return None
    suite, rest = cut
    where: dict[str, Any] = {"run": run_id, "suite": suite}
    folder, by_hash, digits = rest.rpartition(_BY_HASH)
    if by_hash and len(digits) == 64 and not digits.strip("0123456789abcdef"):
        rows = select_rows(connection, _BY_DIGEST, **where, digest=bytes.fromhex(digits))
        rows = [row for row in rows if row[0].startswith(folder)]
    else:
        rows = select_rows(connection, _BY_PATH, **where, path=rest)
    if not rows:
        return None
    _, digest, size, sha1, state = rows[0]
    state = BlobState.KNOWN if state is None else state
    return stored_file(f"{suite_directory(suite)}{rest}", digest, sha1, size, state)


_PLACES = (
    "SELECT b.sha256, b.sha1, b.size, b.state, pr.stream_id, pr.first_ts, pr.until_ts "
    "FROM files f JOIN blobs b ON b.id = f.blob_id "
    "JOIN entry_files ef ON ef.file_id = f.id JOIN presences pr ON pr.entry_id = ef.entry_id "
    "JOIN streams s ON s.id = pr.stream_id "
    "JOIN archives a ON a.id = s.archive_id AND a.name = :archive WHERE f.path = :path"
)


def _pool_file(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, path: str
) -> StoredFile | None:
    masks = unpublished(connection)
    found: dict[bytes, tuple[StoredFile, list[tuple[int, Row]]]] = {}
    for sha256, sha1, size, state, stream_id, first, until in select_rows(
        connection, _PLACES, archive=archive, path=path
    ):
        mask = masks.get(stream_id)
        rows = [(first, until)] if mask is None else hidden([(first, until)], mask)
        if rows:
            file = stored_file(path, sha256, sha1, size, state)
            places = found.setdefault(bytes(sha256), (file, []))[1]
            places += [(stream_id, row) for row in rows]
    if len(found) < 2:
        return next((file for file, _ in found.values()), None)
    # One name with several contents is rare; only then it matters what was there when.
    observed = streams_at(connection, run_id)

    def rank(places: list[tuple[int, Row]]) -> tuple[bool, bool, int]:
        at = stamp.epoch
        return max(
            (
                stream_id in observed and first <= at < until,
                first <= at,
                first if first <= at else -first,
            )
            for stream_id, (first, until) in places
        )

    best = max(found, key=lambda sha256: (rank(found[sha256][1]), sha256))
    return found[best][0]
