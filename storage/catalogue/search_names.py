# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of packages by how they begin.

An index over (name, version) holds a name as often as it has versions. Walking from each name to
the next one reads as many rows as there are names to tell, however many the archive has.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.lookup_packages import visible

#: Later than any name that begins with the same letters: no name holds this character.
_LAST = "\U0010ffff"
#: Names that only an unpublished run has are passed over, in so many walks at most.
_WALKS = 20
_WALK = """
WITH RECURSIVE walk (name, steps) AS (
  SELECT (SELECT min({0}) FROM packages WHERE {0} >= :first AND {0} < :end AND {0} > :after), 1
  UNION ALL
  SELECT (SELECT min({0}) FROM packages WHERE {0} > walk.name AND {0} < :end), steps + 1
  FROM walk WHERE name IS NOT NULL AND steps < :most)
SELECT name FROM walk WHERE name IS NOT NULL
"""


@dataclass(frozen=True, slots=True, order=True)
class FoundName:
    """A name that packages have.

    Attributes:
        name: The name.
        source: Whether a source package has it.
        binary: Whether a binary package has it.
    """

    name: str
    source: bool
    binary: bool


def names_with_prefix(
    connection: Connection, prefix: str, *, most: int, after: str = ""
) -> tuple[FoundName, ...]:
    """Names of sources and binaries that some published run saw, in bytewise order.

    Args:
        connection: Open transaction.
        prefix: How they begin; empty: anyhow.
        most: How many at most.
        after: Only names later than this one.
    """
    found: list[FoundName] = []
    for _ in range(_WALKS):
        wanted = most - len(found)
        names = _walk(connection, prefix, wanted, after)
        found += _seen(connection, names)
        if len(names) < wanted or len(found) == most:
            break
        after = names[-1]
    return tuple(found)


def _walk(connection: Connection, prefix: str, most: int, after: str) -> list[str]:
    """The next names, of sources and of packages, seen or not."""
    values = {"first": prefix, "end": prefix + _LAST, "after": after, "most": most}
    names: set[str] = set()
    for column in ("name", "source_name"):
        names.update(connection.execute(text(_WALK.format(column)), values).scalars())
    return sorted(names, key=str.encode)[:most]


def _seen(connection: Connection, names: list[str]) -> list[FoundName]:
    """Those that are not only in a run that nobody may see yet, and what they are names of."""
    there = (
        "EXISTS (SELECT 1 FROM packages p JOIN entries e ON e.package_id = p.id "  # noqa: S608
        f"JOIN presences pr ON pr.entry_id = e.id WHERE {{}} AND {visible(connection)})"
    )
    source = there.format("p.source_name = wanted.name")
    binary = there.format("p.name = wanted.name AND p.kind = 'binary'")
    statement = (
        f"SELECT wanted.name, {source}, {binary} FROM wanted "  # noqa: S608  # constants
        "WHERE wanted.name IS NOT NULL"
    )
    rows = select_wanted(connection, [(name,) for name in names], "name", statement)
    found = [
        FoundName(name, bool(of_source), bool(of_binary)) for name, of_source, of_binary in rows
    ]
    return sorted(one for one in found if one.source or one.binary)
