# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed in a suite between two runs, from the presences alone: no index is read.

An index that only one of the two runs holds says nothing about what came or went: not looked is
not absent. It is told, and left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, text

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import one_by_one, select_wanted
from storage.catalogue.lookup_runs import run_id_at
from storage.catalogue.observed import streams_at

# Both read the index (stream_id, until_ts, first_ts, entry_id) alone. What went and came back
# in between is in neither: that is looked up by the entry, and the plus keeps SQLite from reading
# all that the stream held instead.
_CHANGED = """
SELECT pr.stream_id, pr.entry_id, 0 AS came FROM presences pr
WHERE pr.stream_id = {stream:d} AND pr.until_ts > {start:d} AND pr.until_ts <= {end:d}
AND pr.first_ts <= {start:d} AND NOT EXISTS (SELECT 1 FROM presences again
  WHERE again.entry_id = pr.entry_id AND +again.stream_id = pr.stream_id
  AND again.first_ts <= {end:d} AND again.until_ts > {end:d})
UNION ALL
SELECT pr.stream_id, pr.entry_id, 1 AS came FROM presences pr
WHERE pr.stream_id = {stream:d} AND pr.until_ts > {end:d}
AND pr.first_ts > {start:d} AND pr.first_ts <= {end:d} AND NOT EXISTS (SELECT 1 FROM presences again
  WHERE again.entry_id = pr.entry_id AND +again.stream_id = pr.stream_id
  AND again.first_ts <= {start:d} AND again.until_ts > {start:d})
"""
# As much as `_CHANGED` goes through; no more than somebody would wait for is counted.
_TOUCHED = """
SELECT 1 FROM presences pr
WHERE pr.stream_id = {stream:d} AND pr.until_ts > {start:d} AND pr.until_ts <= {end:d}
UNION ALL
SELECT 1 FROM presences pr WHERE pr.stream_id = {stream:d} AND pr.until_ts > {end:d}
AND pr.first_ts > {start:d} AND pr.first_ts <= {end:d}
"""
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM ({}) AS touched LIMIT :most) AS counted"
#: Indices compared at once; SQLite joins 500 questions to one, and there are two of each.
MOST_INDICES = 200
# From what changed and in this order: SQLite would else begin with every name there is.
_NAMES = (
    "SELECT DISTINCT p.name FROM ({}) AS changed CROSS JOIN entries e CROSS JOIN packages p "
    "WHERE e.id = changed.entry_id AND p.id = e.package_id AND p.name > :after "
    "ORDER BY p.name LIMIT :most"
)
_ENTRIES = (
    "SELECT changed.stream_id, changed.entry_id, changed.came, p.name, p.architecture, p.version "
    "FROM ({}) AS changed CROSS JOIN entries e CROSS JOIN packages p "
    "WHERE e.id = changed.entry_id AND p.id = e.package_id AND p.name > :after AND p.name <= :last"
)
_DIGESTS = (
    "SELECT wanted.entry, b.sha256 FROM wanted CROSS JOIN entry_files ef "
    "JOIN files f ON f.id = ef.file_id JOIN blobs b ON b.id = f.blob_id "
    "WHERE ef.entry_id = wanted.entry"
)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version of a package as an index listed it.

    Attributes:
        version: Full version.
        digests: SHA-256 of its files: one of a binary package, some of a source; in order.
    """

    version: str
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one package in some indices.

    Attributes:
        component: Component of the indices.
        indices: Their architectures; in all of them the same happened.
        name: Package.
        architecture: As the package says; `source` for a source.
        before: Versions that went; none: it was added.
        after: Versions that came; none: it was removed.
    """

    component: str
    indices: tuple[str, ...]
    name: str
    architecture: str
    before: tuple[Version, ...]
    after: tuple[Version, ...]

    @property
    def kind(self) -> str:
        """`added`, `removed`, `changed`, or `described`: only the words about it changed."""
        if not self.before or not self.after:
            return "added" if self.after else "removed"
        return "described" if self.before == self.after else "changed"


@dataclass(frozen=True, slots=True)
class SuiteDiff:
    """Some of the changes between two runs, by name.

    Attributes:
        changes: In order of name, architecture and component.
        compared: Indices that both runs hold.
        only_from: Indices that only the earlier run holds: nothing is said about them.
        only_to: Indices that only the later run holds.
        next_after: There are more, of names after this one; None: that was all.
    """

    changes: tuple[Change, ...]
    compared: tuple[Coordinates, ...]
    only_from: tuple[Coordinates, ...]
    only_to: tuple[Coordinates, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class DiffRequest:
    """What is to be compared.

    Attributes:
        archive: Archive.
        suite: Suite; an alias is not followed.
        start: Stamp of the earlier run, exactly.
        end: Stamp of the later run, exactly.
        component: Only indices of this component; None: of all.
        architecture: Only indices of this architecture; None: of all.
        after: Only packages with names later than this one.
        most: Names to tell at most.
        most_rows: Rows to go through at most, those of all pages.
    """

    archive: str
    suite: str
    start: Timestamp
    end: Timestamp
    component: str | None = None
    architecture: str | None = None
    after: str = ""
    most: int = 1000
    most_rows: int = 1_000_000


def suite_diff(connection: Connection, request: DiffRequest) -> SuiteDiff:
    """Compare two runs of one suite.

    Raises:
        NotFound: Neither run holds an index of that suite, component and architecture.
        InvalidInput: More indices or changes than are compared at once.
    """
    earlier = _streams(connection, request, request.start)
    later = _streams(connection, request, request.end)
    if not earlier and not later:
        raise NotFound(
            f"no index of {request.suite} of {request.archive} was seen at {request.start} "
            f"or at {request.end} for that component and architecture",
            advice=f"/mr/status tells suites; /archive/{request.archive}/{request.end}/ lists them",
        )
    both = sorted(set(earlier) & set(later))
    changes, next_after = _changes(
        connection, request, {where: (earlier[where], later[where]) for where in both}
    )
    return SuiteDiff(
        changes,
        tuple(both),
        tuple(sorted(set(earlier) - set(later))),
        tuple(sorted(set(later) - set(earlier))),
        next_after,
    )


#: A stream and the stamp of the observation that counts at a run.
Observed = tuple[int, int]


def _streams(
    connection: Connection, request: DiffRequest, at: Timestamp
) -> dict[Coordinates, Observed]:
    run_id = run_id_at(connection, request.archive, at)
    observed = {} if run_id is None else streams_at(connection, run_id)
    s = t.streams.c
    query = select(s.id, s.suite, s.component, s.architecture).where(
        s.id.in_(observed), s.suite == request.suite
    )
    if request.component is not None:
        query = query.where(s.component == request.component)
    if request.architecture is not None:
        query = query.where(s.architecture == request.architecture)
    return {
        Coordinates(request.archive, *row[1:]): (row[0], observed[row[0]])
        for row in connection.execute(query)
    }


def _changes(
    connection: Connection,
    request: DiffRequest,
    streams: dict[Coordinates, tuple[Observed, Observed]],
) -> tuple[tuple[Change, ...], str | None]:
    """Changes of the next names, and the last of these names if there are more."""
    looked_at = [
        {"stream": stream_id, "start": start, "end": end}
        for (stream_id, start), (_, end) in streams.values()
        if start < end
    ]
    if not looked_at:
        return (), None
    _refuse_too_much(connection, request, looked_at)
    changed = "UNION ALL".join(_CHANGED.format(**one) for one in looked_at)
    values: dict[str, Any] = {"after": request.after, "most": request.most + 1}
    with one_by_one(connection):
        names = connection.execute(text(_NAMES.format(changed)), values).scalars().all()
        if not names:
            return (), None
        values["last"] = last = names[: request.most][-1]
        rows = connection.execute(text(_ENTRIES.format(changed)), values).all()
    where = {stream_id: coordinates for coordinates, ((stream_id, _), _) in streams.items()}
    digests = _digests(connection, sorted({row.entry_id for row in rows}))
    return _grouped(rows, where, digests), last if len(names) > request.most else None


def _refuse_too_much(
    connection: Connection, request: DiffRequest, looked_at: Sequence[dict[str, int]]
) -> None:
    """Each page goes through all that changed: what takes too long for one is refused."""
    advice = "name a component or an architecture, or dates that are nearer to each other"
    if len(looked_at) > MOST_INDICES:
        raise InvalidInput(
            f"{len(looked_at)} indices of {request.suite} at once are more than {MOST_INDICES}",
            advice=advice,
        )
    query = text(_COUNT.format("UNION ALL".join(_TOUCHED.format(**one) for one in looked_at)))
    most = request.most_rows
    if connection.execute(query, {"most": most + 1}).scalar_one() > most:
        raise InvalidInput(
            f"more than {most:,} entries of {request.suite} came or went between {request.start} "
            f"and {request.end}",
            advice=advice,
        )


def _digests(connection: Connection, entries: Sequence[int]) -> dict[int, tuple[Digest, ...]]:
    found: dict[int, set[Digest]] = defaultdict(set)
    for entry, sha256 in select_wanted(connection, [(e,) for e in entries], "entry", _DIGESTS):
        found[entry].add(Digest.from_raw(bytes(sha256)))
    return {entry: tuple(sorted(digests)) for entry, digests in found.items()}


def _grouped(
    rows: Sequence[Any], where: dict[int, Coordinates], digests: dict[int, tuple[Digest, ...]]
) -> tuple[Change, ...]:
    """One change for each package of an index, the same of several indices made one."""
    sides: dict[tuple[str, str, int], tuple[set[Version], set[Version]]] = {}
    for row in rows:
        both = sides.setdefault((row.name, row.architecture, row.stream_id), (set(), set()))
        both[row.came].add(Version(row.version, digests.get(row.entry_id, ())))
    indices: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for (name, architecture, stream_id), (before, after) in sides.items():
        index = where[stream_id]
        change = (name, architecture, index.component, tuple(sorted(before)), tuple(sorted(after)))
        indices[change].append(index.architecture)
    return tuple(
        Change(component, tuple(sorted(of)), name, architecture, before, after)
        for (name, architecture, component, before, after), of in sorted(indices.items())
    )
