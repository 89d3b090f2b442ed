# SPDX-License-Identifier: GPL-3.0-or-later
"""The stanzas that archives gave a source package."""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage.catalogue.lookup_digests import unpacked
from storage.catalogue.lookup_packages import visible
from storage.catalogue.observed import PUBLISHED


def source_stanzas(connection: Connection, name: str, version: str) -> tuple[bytes, ...]:
    """Every distinct stanza of a Sources index for a version of a source package.

    Those of verified archives come first, as our key may sign them; of those the one that was
    seen first. None when no published index names it.
    """
    query = (
        "SELECT COALESCE(r.trust, 'none') = 'none', pr.first_ts, "  # noqa: S608
        "e.digest, e.pack_id, e.position "
        "FROM packages p JOIN entries e ON e.package_id = p.id "
        "JOIN presences pr ON pr.entry_id = e.id "
        "JOIN streams s ON s.id = pr.stream_id "
        "LEFT JOIN runs r ON r.archive_id = s.archive_id AND r.ts = pr.first_ts "
        f"AND r.state = '{PUBLISHED}' "
        "WHERE p.kind = 'source' AND p.name = :name AND p.version = :version "
        f"AND {visible(connection)}"
    )
    rows = connection.execute(text(query), {"name": name, "version": version})
    ordered = sorted((bool(bare), first, bytes(raw), *place) for bare, first, raw, *place in rows)
    places = tuple(dict.fromkeys((pack, position) for *_, pack, position in ordered))
    texts = unpacked(connection, places)
    return tuple(texts[place] for place in places)
