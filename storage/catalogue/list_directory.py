# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory of a run holds. `pool/` shows only what the run's indices list."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, text

from snapshot.coordinates import suite_directory
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import FIND_IN, one_by_one
from storage.catalogue.lookup_files import split_suite
from storage.catalogue.lookup_runs import run_id_at, suite_aliases
from storage.catalogue.observed import streams_at
from storage.catalogue.read_locations import stored_file
from storage.catalogue.records import BlobState, DirectoryEntry, EntryKind

# Is a file there? As values one within the other, and not as conditions on a join: as long as
# PostgreSQL knows little about the tables it would go through all presences for each file.
# `+ 0` keeps SQLite from doing the same.
_PRESENT = """
    (SELECT 1 FROM entry_files ef WHERE ef.file_id = f.id AND
        (SELECT 1 FROM presences pr
         WHERE pr.entry_id = ef.entry_id AND (pr.stream_id + 0) IN ({streams})
         AND pr.first_ts <= :stamp AND pr.until_ts > :stamp LIMIT 1) IS NOT NULL
     LIMIT 1) IS NOT NULL
"""
_NEXT = f"""
    (SELECT f.id FROM files f
     WHERE f.path >= {{start}} AND f.path < :end AND {_PRESENT} ORDER BY f.path LIMIT 1)
"""  # noqa: S608  # our words
_REST = "substr(here.path, :behind)"
# Behind a directory the next name begins with a slash's successor or later; behind a file there is
# nothing up to this character, because no path holds a control character.
_BEHIND = f"""
    CASE WHEN {{find}}({_REST}, '/') > 0
    THEN :prefix || substr({_REST}, 1, {{find}}({_REST}, '/') - 1) || '0'
    ELSE here.path || '\x01' END
"""
_HOPS = f"""
    WITH RECURSIVE hop (id) AS (
        SELECT {_NEXT.replace("{start}", ":prefix")}
        UNION ALL
        SELECT {_NEXT.replace("{start}", _BEHIND)} FROM hop JOIN files here ON here.id = hop.id
    )
    SELECT f.path, b.sha256, b.sha1, b.size, b.state
    FROM hop JOIN files f ON f.id = hop.id JOIN blobs b ON b.id = f.blob_id
"""  # noqa: S608  # our words


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
    found.update(_by_hash(connection, archive, stamp, run_id, path))
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
        .where(rf.path >= prefix, rf.path < after_prefix(prefix))
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


def _by_hash(
    connection: Connection, archive: str, stamp: Timestamp, run_id: int, path: str
) -> dict[str, DirectoryEntry]:
    """`by-hash/` and what is in it; the listing of the directory itself does not show it."""
    folder, _, kind = path.rpartition("/by-hash")
    if not folder or kind not in ("", "/SHA256"):
        return {}
    beside = _metadata(connection, archive, stamp, run_id, folder).values()
    files = [entry.file for entry in beside if entry.file is not None]
    if files and not kind:
        return {"SHA256": DirectoryEntry("SHA256", EntryKind.DIRECTORY)}
    return {
        file.digest.hex: DirectoryEntry(file.digest.hex, EntryKind.FILE, file) for file in files
    }


def _pool(
    connection: Connection, run_id: int, stamp: Timestamp, prefix: str
) -> Iterator[DirectoryEntry]:
    """One file below each name: what lies below a subdirectory is stepped over, not read."""
    streams = ", ".join(map(str, sorted(streams_at(connection, run_id)))) or "NULL"
    find = FIND_IN[connection.dialect.name]
    given = {
        "prefix": prefix,
        "behind": len(prefix) + 1,
        "end": after_prefix(prefix),
        "stamp": stamp.epoch,
    }
    with one_by_one(connection):
        rows = connection.execute(text(_HOPS.format(streams=streams, find=find)), given).all()
    for row in rows:
        name, slash, _ = row.path[len(prefix) :].partition("/")
        if slash:
            yield DirectoryEntry(name, EntryKind.DIRECTORY)
        else:
            file = stored_file(row.path, row.sha256, row.sha1, row.size, row.state)
            yield DirectoryEntry(name, EntryKind.FILE, file)


def after_prefix(prefix: str) -> str:
    """The first text behind everything that begins with a prefix ending in a slash."""
    return f"{prefix[:-1]}0" if prefix else "\U0010ffff"
