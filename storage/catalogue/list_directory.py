# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory of a run holds. `pool/` shows only what the run's indices list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, exists, select

from snapshot.coordinates import suite_directory
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.lookup_files import split_suite
from storage.catalogue.lookup_runs import run_id_at, suite_aliases
from storage.catalogue.observed import streams_at
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import BlobState, DirectoryEntry, EntryKind


def list_directory(
    connection: Connection, archive: str, stamp: Timestamp, path: str
) -> tuple[DirectoryEntry, ...] | None:
    """List a directory.

    Args:
        connection: Open transaction.
        archive: Archive.
        stamp: Of a published run, exactly.
        path: Relative to the run's root, without slashes at its ends; empty for the root.

    Returns:
        Its names in order; None when the run has no such directory.
    """
    run_id = run_id_at(connection, archive, stamp)
    if run_id is None:
        return None
    found: dict[str, DirectoryEntry] = {}
    if path == "dists":
        found.update(_suites(connection, archive, stamp, run_id, ""))
    elif path.startswith("dists/"):
        below = path.removeprefix("dists/")
        found.update(_suites(connection, archive, stamp, run_id, f"{below}/"))
    elif path == "" and _suites(connection, archive, stamp, run_id, ""):
        found["dists"] = DirectoryEntry("dists", EntryKind.DIRECTORY)
    found.update(_metadata(connection, archive, stamp, run_id, path))
    for entry in _pool(connection, run_id, stamp, f"{path}/" if path else ""):
        found.setdefault(entry.name, entry)
    return tuple(found[name] for name in sorted(found)) or None


def _suites(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, below: str
) -> dict[str, DirectoryEntry]:
    """Suites and their aliases as names in `dists/` or, for `lenny/updates`, below it."""
    rr = t.run_releases.c
    found = {}
    for alias, suite in suite_aliases(connection, archive, stamp).items():
        if alias.startswith(below) and "/" not in alias[len(below) :]:
            name = alias[len(below) :]
            found[name] = DirectoryEntry(name, EntryKind.LINK, target=_relative(suite, alias))
    for suite in connection.execute(select(rr.suite).where(rr.run_id == run_id)).scalars():
        if suite.startswith(below) and suite != below and not suite.endswith("/"):
            name = suite[len(below) :].partition("/")[0]
            found[name] = DirectoryEntry(name, EntryKind.DIRECTORY)
    return found


def _relative(target: str, link: str) -> str:
    return "../" * link.count("/") + target


def _metadata(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, path: str
) -> dict[str, DirectoryEntry]:
    """What a suite's Release holds in a directory."""
    found: dict[str, DirectoryEntry] = {}
    cut = split_suite(connection, archive, stamp, run_id, path)
    if cut is None:
        return found
    suite, rest = cut
    prefix = f"{rest}/" if rest else ""
    rr, rf, b = t.run_releases.c, t.release_files.c, t.blobs.c
    query = (
        select(rf.path, rf.digest, rf.size, b.sha1, b.state)
        .select_from(t.run_releases)
        .join(t.release_files, rf.release_id == rr.release_id)
        .outerjoin(t.blobs, b.sha256 == rf.digest)
        .where(rr.run_id == run_id, rr.suite == suite)
        .where(rf.path >= prefix, rf.path < _after(prefix))
    )
    for row in connection.execute(query):
        name, slash, _ = row.path[len(prefix) :].partition("/")
        if slash:
            found[name] = DirectoryEntry(name, EntryKind.DIRECTORY)
        else:
            state = BlobState.KNOWN if row.state is None else row.state
            where = f"{suite_directory(suite)}{row.path}"
            file = stored_file(where, row.digest, row.sha1, row.size, state)
            found[name] = DirectoryEntry(name, EntryKind.FILE, file)
    return found


def _pool(
    connection: Connection, run_id: int, stamp: Timestamp, prefix: str
) -> Iterator[DirectoryEntry]:
    """Hop from one name to the next along the index of paths: a subdirectory costs one query."""
    streams = sorted(streams_at(connection, run_id))
    cursor = prefix
    while True:
        row = connection.execute(_next_present(streams, stamp, cursor, _after(prefix))).first()
        if row is None:
            return
        name, slash, _ = row.path[len(prefix) :].partition("/")
        if slash:
            cursor = _after(f"{prefix}{name}/")
            yield DirectoryEntry(name, EntryKind.DIRECTORY)
        else:
            # No path holds a control character: nothing lies between this one and the next.
            cursor = f"{row.path}\x01"
            file = stored_file(row.path, row.sha256, row.sha1, row.size, row.state)
            yield DirectoryEntry(name, EntryKind.FILE, file)


def _next_present(streams: list[int], stamp: Timestamp, start: str, end: str) -> Any:
    f, b, pr = t.files.c, t.blobs.c, t.presences.c
    present = exists().where(
        t.entry_files.c.file_id == f.id,
        pr.entry_id == t.entry_files.c.entry_id,
        # As an expression, so that SQLite goes from the file to its few presences and not
        # through all presences of the stream, once for each name.
        (pr.stream_id + 0).in_(streams),
        pr.first_ts <= stamp.epoch,
        pr.until_ts > stamp.epoch,
    )
    return (
        select(f.path, b.sha256, b.sha1, b.size, b.state)
        .select_from(t.files)
        .join(t.blobs, b.id == f.blob_id)
        .where(f.path >= start, f.path < end, present)
        .order_by(f.path)
        .limit(1)
    )


def _after(prefix: str) -> str:
    """The first text behind everything that begins with a prefix ending in a slash."""
    return f"{prefix[:-1]}0" if prefix else "\U0010ffff"
