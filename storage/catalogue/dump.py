# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's content as text, without any id: two of equal content give equal lines.

For tests ("killed and started again gives the same database") and for a person with `diff`.
What is unpublished, and facts that no published run refers to, are left out: they mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, text

from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.intervals import Row, hidden, joined
from storage.catalogue.lookup_runs import archives, releases_at, runs, suite_aliases
from storage.catalogue.observed import streams_at, unpublished
from storage.catalogue.records import BlobState
from storage.catalogue.tables import OPEN

_ENTRIES = """
    SELECT a.name, s.suite, s.component, s.architecture, e.digest, pr.stream_id,
           pr.first_ts, pr.until_ts
    FROM presences pr
    JOIN entries e ON e.id = pr.entry_id
    JOIN streams s ON s.id = pr.stream_id
    JOIN archives a ON a.id = s.archive_id
    ORDER BY a.name, s.suite, s.component, s.architecture, e.digest, pr.first_ts
"""
_FACTS = """
    SELECT e.digest, p.kind, p.name, p.version, p.architecture, p.source_name, p.source_version,
           f.path, b.sha256, b.sha1, b.size, b.state
    FROM entries e
    JOIN packages p ON p.id = e.package_id
    LEFT JOIN entry_files ef ON ef.entry_id = e.id
    LEFT JOIN files f ON f.id = ef.file_id
    LEFT JOIN blobs b ON b.id = f.blob_id
    ORDER BY e.digest, f.path, b.sha256
"""


def dump(connection: Connection) -> Iterator[str]:
    """Lines in a fixed order."""
    for archive in archives(connection):
        yield from _runs(connection, archive.name)
    entries = set()
    for line, entry in _presences(connection):
        entries.add(entry)
        yield line
    for row in connection.execute(text(_FACTS)):
        if bytes(row.digest) in entries:
            yield _line("fact", *row[:-1], None if row[-1] is None else BlobState(row[-1]).name)
    for table in (t.buildinfos, t.environments, t.closures, t.pins):
        columns = [column for column in table.columns if column.name != "id"]
        for values in sorted(map(tuple, connection.execute(select(*columns))), key=repr):
            yield _line(table.name, *values)


def _runs(connection: Connection, archive: str) -> Iterator[str]:
    for run in runs(connection, archive, removed=True):
        gone = () if run.removed is None else ("removed",)
        yield _line("run", archive, run.timestamp, run.trust, run.origin, *run.aliases, *gone)
        for release in releases_at(connection, archive, run.timestamp):
            yield _line(
                "release",
                run.timestamp,
                release.suite,
                release.inrelease,
                release.date,
                release.valid_until,
                release.fingerprint,
                release.observed_until,
            )
            yield from _release_files(connection, release.inrelease.raw)
        for alias, suite in suite_aliases(connection, archive, run.timestamp).items():
            yield _line("alias", run.timestamp, alias, suite)
        yield from _observed(connection, archive, run.timestamp)


def _release_files(connection: Connection, release: bytes) -> Iterator[str]:
    c = t.release_files.c
    query = (
        select(c.path, c.digest, c.size)
        .join(t.releases, t.releases.c.id == c.release_id)
        .where(t.releases.c.digest == release)
        .order_by(c.path)
    )
    for row in connection.execute(query):
        yield _line("release-file", release, *row)


def _observed(connection: Connection, archive: str, stamp: Timestamp) -> Iterator[str]:
    """What the run holds, whether it was observed then or an earlier observation stands for it."""
    r, s, o = t.runs.c, t.streams.c, t.observations.c
    query = (
        select(r.id)
        .join(t.archives, t.archives.c.id == r.archive_id)
        .where(t.archives.c.name == archive, r.ts == stamp.epoch, r.state == "published")
    )
    lines = []
    for stream_id, ts in streams_at(connection, connection.execute(query).scalar_one()).items():
        row = connection.execute(
            select(s.suite, s.component, s.architecture, o.index_digest)
            .join(t.observations, o.stream_id == s.id)
            .where(s.id == stream_id, o.ts == ts)
        ).one()
        lines.append(_line("index", archive, stamp, *row))
    yield from sorted(lines)


def _presences(connection: Connection) -> Iterator[tuple[str, bytes]]:
    masks = unpublished(connection)
    groups: dict[tuple[str, str, str, str, bytes, int], list[Row]] = {}
    for row in connection.execute(text(_ENTRIES)):
        place = (row[0], row[1], row[2], row[3], bytes(row[4]), row[5])
        groups.setdefault(place, []).append((row[6], row[7]))
    for (*names, digest, stream_id), rows in groups.items():
        mask = masks.get(stream_id)
        for first, until in joined(rows) if mask is None else hidden(rows, mask):
            end = "open" if until == OPEN else Timestamp(until)
            yield _line("presence", *names, digest, Timestamp(first), end), digest


def _line(*words: object) -> str:
    return "\t".join(
        bytes(word).hex() if isinstance(word, bytes | memoryview) else str(word) for word in words
    )
