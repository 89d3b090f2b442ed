# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole history of one package: which version stayed where, from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from snapshot.coordinates import Coordinates
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import one_by_one, select_wanted
from storage.catalogue.intervals import Row, hidden, joined
from storage.catalogue.observed import PUBLISHED, unpublished
from storage.catalogue.tables import OPEN

_PRESENCES = (
    "FROM packages p JOIN entries e ON e.package_id = p.id "
    "JOIN presences pr ON pr.entry_id = e.id WHERE "
)
_OF_SOURCE = (
    "SELECT DISTINCT p.source_name, p.source_version, p.source_version, "
    f"p.architecture, pr.stream_id, pr.first_ts, pr.until_ts {_PRESENCES} p.source_name = :name"
)
_OF_BINARY = (
    "SELECT DISTINCT p.source_name, p.source_version, p.version, "
    f"p.architecture, pr.stream_id, pr.first_ts, pr.until_ts {_PRESENCES} "
    "p.name = :name AND p.kind = 'binary'"
)
# A run whose Release is the one of an earlier run has no observation of its own: the earlier one
# stands for it, and what was there then was there at the later run, too.
_LAST_SEEN = f"""
SELECT wanted.stream, wanted.until, (
  SELECT max(later.ts) FROM runs later
  JOIN run_releases there ON there.run_id = later.id
  WHERE later.archive_id = s.archive_id AND later.state = '{PUBLISHED}'
  AND later.ts >= seen.ts AND later.ts < wanted.until
  AND there.suite = s.suite AND there.release_id = held.release_id)
FROM wanted CROSS JOIN streams s
CROSS JOIN observations seen CROSS JOIN run_releases held
WHERE s.id = wanted.stream AND seen.stream_id = wanted.stream
AND seen.ts = (
  SELECT o.ts FROM observations o JOIN runs r ON r.id = o.run_id
  WHERE o.stream_id = wanted.stream AND o.ts < wanted.until AND r.state = '{PUBLISHED}'
  ORDER BY o.ts DESC LIMIT 1)
AND held.run_id = seen.run_id AND held.suite = s.suite
"""  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class Stay:
    """How long one version was in one suite without a break that somebody saw.

    Attributes:
        archive: Archive.
        suite: Suite.
        version: Of the package that was asked for.
        source: Name of its source package.
        source_version: Version of that.
        architectures: For which, `source` among them when its source was there; in order.
        first: The first run that had it.
        last: The last run that had it.
        until: The first run that no longer had it; None: none was seen.
    """

    archive: str
    suite: str
    version: str
    source: str
    source_version: str
    architectures: tuple[str, ...]
    first: Timestamp
    last: Timestamp
    until: Timestamp | None


def history_of_source(connection: Connection, name: str) -> tuple[Stay, ...]:
    """Every stay of every version of a source package, or of what was built from it."""
    return _stays(connection, _rows(connection, _OF_SOURCE, name))


def history_of_binary(connection: Connection, name: str) -> tuple[Stay, ...]:
    """Every stay of every version of a binary package."""
    return _stays(connection, _rows(connection, _OF_BINARY, name))


def _rows(connection: Connection, query: str, name: str) -> Sequence[Any]:
    with one_by_one(connection):
        return connection.execute(text(query), {"name": name}).all()


#: Source, its version, the version; in one stream, or in one suite.
Key = tuple[str, str, str]


def _stays(connection: Connection, rows: Iterable[Any]) -> tuple[Stay, ...]:
    presences: dict[tuple[Key, int], list[Row]] = defaultdict(list)
    architectures: dict[tuple[Key, int], set[str]] = defaultdict(set)
    for source, source_version, version, architecture, stream_id, first, until in rows:
        of = (source, source_version, version), stream_id
        presences[of].append((first, until))
        architectures[of].add(architecture)
    masks = unpublished(connection)
    for place, found in presences.items():
        mask = masks.get(place[1])
        presences[place] = joined(found) if mask is None else hidden(found, mask)
    streams = _streams(connection, {stream_id for _, stream_id in presences})
    last_seen = _last_seen(connection, presences)
    places: dict[tuple[Key, str, str], list[tuple[int, int, int, set[str]]]] = defaultdict(list)
    for (key, stream_id), found in presences.items():
        where = streams[stream_id]
        places[key, where.archive, where.suite] += [
            (first, until, last_seen[stream_id, until], architectures[key, stream_id])
            for first, until in found
        ]
    stays = [
        Stay(archive, suite, key[2], key[0], key[1], *_stay(parts, first, until))
        for (key, archive, suite), parts in places.items()
        for first, until in joined((first, until) for first, until, _, _ in parts)
    ]
    return tuple(sorted(stays, key=lambda one: (one.first, one.archive, one.suite, one.version)))


def _stay(
    parts: list[tuple[int, int, int, set[str]]], first: int, until: int
) -> tuple[tuple[str, ...], Timestamp, Timestamp, Timestamp | None]:
    """What one interval of a suite is made of: the parts of its streams that lie in it."""
    inside = [part for part in parts if first <= part[0] < until]
    return (
        tuple(sorted(set().union(*(part[3] for part in inside)))),
        Timestamp(first),
        Timestamp(max(part[2] for part in inside)),
        None if until == OPEN else Timestamp(until),
    )


def _streams(connection: Connection, wanted: set[int]) -> dict[int, Coordinates]:
    s, a = t.streams.c, t.archives.c
    query = select(s.id, a.name, s.suite, s.component, s.architecture).join(
        t.archives, a.id == s.archive_id
    )
    rows = connection.execute(query.where(s.id.in_(wanted)))
    return {row[0]: Coordinates(*row[1:]) for row in rows}


def _last_seen(
    connection: Connection, presences: dict[tuple[Key, int], list[Row]]
) -> dict[tuple[int, int], int]:
    """(stream, end of an interval) to the last stamp before it at which somebody looked."""
    wanted = {(stream, until) for (_, stream), rows in presences.items() for _, until in rows}
    rows = select_wanted(connection, sorted(wanted), "stream, until", _LAST_SEEN)
    return {(stream, until): last for stream, until, last in rows}
