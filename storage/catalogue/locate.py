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
from storage.catalogue.bulk_load import one_by_one, select_wanted
from storage.catalogue.intervals import hidden, joined
from storage.catalogue.left_streams import left_streams
from storage.catalogue.lookup_digests import trusts_of, unproved_archives
from storage.catalogue.lookup_packages import was_seen
from storage.catalogue.observed import unpublished
from storage.catalogue.stream_names import StreamNames
from storage.catalogue.tables import OPEN

#: Names of missing packages for which the nearest version is looked up.
EXPLAINED = 1000
_INSTALLER = "/debian-installer"

_PLACES = (
    "SELECT p.architecture, f.id, pr.stream_id, pr.first_ts, pr.until_ts, "
    "p.kind, p.name, p.version, f.path, b.sha256, b.sha1, b.size "
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
    with one_by_one(connection):
        return _with_trust(connection, _located(connection, list(needs), streams))


def _located(
    connection: Connection, wanted: Sequence[Need], streams: StreamNames
) -> list[Candidate]:
    """The same, as if each were verified."""
    keys = sorted({need[:2] for need in wanted})  # name and version
    found = _placed(connection, keys, streams)
    sources = {one[:2] for one in found if one.architecture == "source"}
    packages = {one[:2] for one in found if one.architecture != "source"}
    missing = [
        need for need in wanted if need[:2] not in (sources if need.kind == "source" else packages)
    ]
    if missing:
        nearest = _nearest(connection, missing[:EXPLAINED]) - sources - packages
        found += _placed(connection, sorted(nearest), streams)
    return found


def _placed(connection: Connection, keys: Sequence[Key], streams: StreamNames) -> list[Candidate]:
    """Files of these (name, version), as if each were verified."""
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in select_wanted(connection, keys, "name, version", _PLACES):
        groups.setdefault(row[:3], []).append(row)
    if not groups:
        return []
    masks = unpublished(connection)
    looked_at = {stream_id for *_, stream_id in groups}
    coordinates_of = streams.read(connection, looked_at)
    left = left_streams(connection, looked_at)
    # Nothing is built with installer packages, and apt installs none.
    passed = {one for one in looked_at if coordinates_of[one].component.endswith(_INSTALLER)}
    found = []
    for (architecture, _, stream_id), rows in groups.items():
        kind, name, version, path, sha256, sha1, size = rows[0][5:]
        if stream_id in passed or (kind == "source" and not path.endswith(".dsc")):
            continue
        seen, mask = [row[3:5] for row in rows], masks.get(stream_id)
        if mask is not None:
            seen = hidden(seen, mask)
        elif len(seen) > 1:
            seen = joined(seen)
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
                    coordinates_of[stream_id],
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
