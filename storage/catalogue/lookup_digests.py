# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about some bytes, by their digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import zstandard
from sqlalchemy import Connection

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.stanza import split_stanzas
from snapshot.timestamp import Timestamp
from storage.catalogue import read_locations
from storage.catalogue.bulk_load import select_rows, select_wanted
from storage.catalogue.lookup_packages import in_order, visible
from storage.catalogue.observed import PUBLISHED
from storage.catalogue.records import BlobState, FileLocation, IndexedArtifact, KnownBlob, Trust
from storage.database import Database

#: What proves more comes first.
_TRUST: tuple[Trust, ...] = get_args(Trust)


_BLOB = (
    "SELECT sha256, size, sha1, state,"
    " (SELECT min(removal_id) FROM removal_files WHERE removal_files.digest = blobs.sha256)"
    " FROM blobs WHERE {} = :digest ORDER BY sha256"
)
_STATES = {int(state): state for state in BlobState}
#: By the number of hexadecimal digits.
_BLOBS = {64: _BLOB.format("sha256"), 40: _BLOB.format("sha1")}


def blob_by_hash(database: Database, digits: str) -> KnownBlob | None:
    """Some bytes by their SHA-256 or SHA-1.

    Args:
        database: The catalogue's.
        digits: 64 or 40 lower-case hexadecimal digits.

    Returns:
        None when they are not known. Of several with one SHA-1, the one that is stored.

    Raises:
        InvalidInput: Not such digits.
    """
    statement = _BLOBS.get(len(digits))
    if statement is None or digits.strip("0123456789abcdef"):
        raise InvalidInput(
            f"not a digest: {digits[:80]!r}", advice="use 64 digits (SHA-256) or 40 (SHA-1)"
        )
    rows = database.ask(statement, digest=bytes.fromhex(digits))
    if not rows:
        return None
    row = rows[0]
    if len(rows) > 1:
        row = next((one for one in rows if one[3] == BlobState.PRESENT), row)
    sha256, size, sha1, state, removal = row
    known_sha1 = None if sha1 is None else sha1.hex()
    return KnownBlob(Digest.from_raw(sha256), size, known_sha1, _STATES[state], removal)


def locations(connection: Connection, digest: Digest) -> tuple[FileLocation, ...]:
    """Every place where these bytes were, in order."""
    return in_order(read_locations.by_sha256(connection, [digest.raw]))


def indexed(connection: Connection, digests: Iterable[Digest]) -> dict[Digest, IndexedArtifact]:
    """Which of these digests stand in an index of a published run, and where.

    Of several places the one of the best trust is given, then the earliest.
    """
    wanted = sorted({digest.raw for digest in digests})
    placed = list(read_locations.by_sha256(connection, wanted))
    trusts = trusts_of(connection, sorted({(one.facts[12], one.rows[0][0]) for one in placed}))
    found: dict[Digest, tuple[tuple[int, int, str, str], IndexedArtifact]] = {}
    for facts, rows in placed:
        archive, first = facts[12], rows[0][0]
        trust = trusts[archive, first]
        rank = (_TRUST.index(trust), first, archive, facts[6])
        digest = Digest.from_raw(bytes(facts[7]))
        if digest not in found or rank < found[digest][0]:
            artifact = IndexedArtifact(
                archive=archive,
                path=facts[6],
                size=facts[10],
                package=facts[1],
                version=facts[2],
                architecture=facts[3],
                first_run=Timestamp(first),
                trust=trust,
            )
            found[digest] = (rank, artifact)
    return {digest: artifact for digest, (_, artifact) in found.items()}


def stanzas(connection: Connection, digests: Iterable[Digest]) -> dict[Digest, bytes]:
    """The stanza of a Packages index that describes each binary package file.

    Of several (tags move while the file stays) one of a verified archive, as our key may sign
    it; of those the one that was seen first. Digests that no
    published index names are left out.
    """
    rows = select_wanted(
        connection,
        [(digest.raw,) for digest in set(digests)],
        "digest",
        "SELECT b.sha256, COALESCE(r.trust, 'none'), pr.first_ts, "  # noqa: S608
        "e.digest, e.pack_id, e.position "
        "FROM wanted CROSS JOIN blobs b "
        "JOIN files f ON f.blob_id = b.id "
        "JOIN entry_files ef ON ef.file_id = f.id "
        "JOIN entries e ON e.id = ef.entry_id "
        "JOIN packages p ON p.id = e.package_id "
        "JOIN presences pr ON pr.entry_id = e.id "
        "JOIN streams s ON s.id = pr.stream_id "
        "LEFT JOIN runs r ON r.archive_id = s.archive_id AND r.ts = pr.first_ts "
        f"AND r.state = '{PUBLISHED}' "
        "WHERE b.sha256 = wanted.digest AND p.kind = 'binary' "
        f"AND {visible(connection)}",
    )
    best: dict[bytes, tuple[bool, int, bytes, int, int]] = {}
    for sha256, trust, first, entry, pack, position in rows:
        raw, candidate = bytes(sha256), (trust == "none", first, bytes(entry), pack, position)
        if raw not in best or candidate < best[raw]:
            best[raw] = candidate
    texts = unpacked(connection, sorted({(pack, position) for *_, pack, position in best.values()}))
    return {
        Digest.from_raw(raw): texts[pack, position] for raw, (*_, pack, position) in best.items()
    }


def unpacked(
    connection: Connection, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The stanzas at (pack, position)."""
    wanted: dict[int, list[int]] = {}
    for pack, position in places:
        wanted.setdefault(pack, []).append(position)
    rows = select_wanted(
        connection,
        [(pack,) for pack in wanted],
        "id",
        "SELECT k.id, k.body FROM wanted CROSS JOIN packs k WHERE k.id = wanted.id",
    )
    found = {}
    for pack, body in rows:
        parts = split_stanzas(zstandard.decompress(bytes(body)))
        found.update({(pack, position): parts[position] for position in wanted[pack]})
    return found


def trusts_of(
    connection: Connection, runs: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Trust]:
    """How the runs of these (archive, stamp) were proved."""
    rows = select_wanted(
        connection,
        runs,
        "name, ts",
        "SELECT wanted.name, wanted.ts, r.trust FROM wanted "  # noqa: S608
        "CROSS JOIN archives a JOIN runs r ON r.archive_id = a.id "
        f"WHERE a.name = wanted.name AND r.ts = wanted.ts AND r.state = '{PUBLISHED}'",
    )
    return {(name, ts): trust for name, ts, trust in rows}


# The word stands in the statement: SQLite uses a partial index for no parameter.
_UNPROVED = (
    "SELECT a.name FROM archives a WHERE EXISTS "
    "(SELECT 1 FROM runs r WHERE r.archive_id = a.id AND r.trust = 'none')"
)


def unproved_archives(connection: Connection) -> set[str]:
    """Archives of which some run was proved by nothing; for most mirrors there are none."""
    return {name for (name,) in select_rows(connection, _UNPROVED)}
