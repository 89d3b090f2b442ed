# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a build record needs to every place where it lived (`snapshot.resolver` decides).

The most frequent question to the catalogue, so it has a query of its own: as few joins as can be,
the names of streams from memory, and no value made that the answer does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from snapshot.deb_version import nearest_versions
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.resolver import Candidate
from snapshot.timestamp import Timestamp
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.intervals import hidden, joined
from storage.catalogue.left_streams import left_streams
from storage.catalogue.lookup_digests import trusts_of, unproved_archives
from storage.catalogue.lookup_packages import was_seen
from storage.catalogue.observed import unpublished
from storage.catalogue.stream_names import StreamNames
from storage.catalogue.tables import OPEN

#: Names of missing packages for which the nearest version is looked up.
EXPLAINED = 1000

_PLACES = (
    "SELECT p.kind, p.name, p.version, p.architecture, f.path, b.sha256, b.sha1, b.size, "
    "pr.stream_id, pr.first_ts, pr.until_ts "
    "FROM wanted CROSS JOIN packages p "
    "JOIN entries e ON e.package_id = p.id "
    "JOIN presences pr ON pr.entry_id = e.id "
    "JOIN entry_files ef ON ef.entry_id = e.id "
    "JOIN files f ON f.id = ef.file_id "
    "JOIN blobs b ON b.id = f.blob_id "
    "WHERE p.name = wanted.name AND p.version = wanted.version"
)
_VERSIONS = (
    "SELECT DISTINCT p.name, p.kind, p.version FROM wanted CROSS JOIN packages p "
    "WHERE p.name = wanted.name AND "
)

Key = tuple[str, str]


def locate(connection: Connection, needs: Iterable[Need], streams: StreamNames) -> list[Candidate]:
    """Every file of the wanted versions, with where and when it was.

    For a package of which the wanted version is nowhere, the next older and the next newer one
    are given, so that the answer can say what is nearest. Of a source package only the .dsc is
    given.

    Args:
        connection: Open transaction.
        needs: Any number; two more queries for what was not found.
        streams: Names of streams.
    """
    wanted = list(needs)
    keys = sorted({(need.name, need.version) for need in wanted})
    found = _placed(connection, keys, streams)
    there = {(one.name, one.version, one.architecture == "source") for one in found}
    missing = [
        need for need in wanted if (need.name, need.version, need.kind == "source") not in there
    ]
    if missing:
        known = {(one.name, one.version) for one in found}
        nearest = _nearest(connection, missing[:EXPLAINED]) - known
        found += _placed(connection, sorted(nearest), streams)
    return _with_trust(connection, found)


def _placed(connection: Connection, keys: Sequence[Key], streams: StreamNames) -> list[Candidate]:
    """Files of these (name, version), as if each were verified."""
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in select_wanted(connection, keys, "name, version", _PLACES):
        # Of which file, of which package, in which stream.
        groups.setdefault(row[3:6] + row[8:9], []).append(row)
    if not groups:
        return []
    masks = unpublished(connection)
    looked_at = {rows[0][8] for rows in groups.values()}
    coordinates_of = streams.read(connection, looked_at)
    left = left_streams(connection, looked_at)
    found = []
    for rows in groups.values():
        kind, name, version, architecture, path, sha256, sha1, size, stream_id, *_ = rows[0]
        coordinates = coordinates_of[stream_id]
        # Nothing is built with installer packages, and apt installs none.
        if coordinates.component.endswith("/debian-installer"):
            continue
        if kind == "source" and not path.endswith(".dsc"):
            continue
        mask, spans = masks.get(stream_id), [row[9:] for row in rows]
        seen = joined(spans) if mask is None else hidden(spans, mask)
        if seen:
            found.append(
                Candidate(
                    name,
                    version,
                    architecture,
                    Digest(bytes(sha256).hex()),
                    None if sha1 is None else bytes(sha1).hex(),
                    size,
                    path,
                    coordinates,
                    tuple([_interval(*row) for row in seen]),
                    left=left.get(stream_id),
                )
            )
    return found


@lru_cache(maxsize=1 << 14)
def _interval(first: int, until: int) -> Interval:
    """Many packages came with one run and went with another."""
    return Interval(Timestamp(first), None if until == OPEN else Timestamp(until))


def _nearest(connection: Connection, missing: Sequence[Need]) -> set[Key]:
    """The neighbours, among the versions that are somewhere, of those that are nowhere."""
    known: dict[Key, list[str]] = {}
    query = _VERSIONS + was_seen(connection)
    names = sorted({need.name for need in missing})
    keys = [(name,) for name in names]
    for name, kind, version in select_wanted(connection, keys, "name", query):
        known.setdefault((name, kind), []).append(version)
    return {
        (need.name, version)
        for need in missing
        for version in nearest_versions(need.version, known.get((need.name, need.kind), ()))
    }


def _with_trust(connection: Connection, found: list[Candidate]) -> list[Candidate]:
    """The same, saying of each whether a signature led to it in the run that saw it first."""
    doubtful = unproved_archives(connection)
    if not doubtful:
        return found
    firsts = {
        (one.coordinates.archive, one.intervals[0].first.epoch)
        for one in found
        if one.coordinates.archive in doubtful
    }
    trusts = trusts_of(connection, sorted(firsts))
    return [
        one._replace(verified=False)
        if (first := (one.coordinates.archive, one.intervals[0].first.epoch)) in firsts
        # A draft's stamp has no published run: what nothing proves yet counts as unverified.
        and trusts.get(first, "none") == "none"
        else one
        for one in found
    ]
