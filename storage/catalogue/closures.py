# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures: named sets of blobs that are kept for somebody.

What is wanted and what it comes to are texts, and blobs; here is which of them are current.
Every blob of the set is pinned, before any of it is fetched: whoever removes blobs that nothing
refers to finds the pin first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Row, delete, insert, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows
from storage.catalogue.records import ClosureRecord
from storage.database import Database
from storage.retry_conflict import again_on_conflict

#: Pins of one transaction; ten thousand take a tenth of a second.
_AT_ONCE = 10_000


def holder_of(name: str) -> str:
    """Who holds the pins of a closure."""
    return f"closure:{name}"


class Closures:
    """The closures of a catalogue.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, record: ClosureRecord, blobs: Collection[Digest]) -> None:
        """Make a closure what it is now; the same again changes nothing.

        Pins come first and go last, so that nothing it needs is ever without one.

        Args:
            record: Replaces the one of that name.
            blobs: All that it needs kept, stored or not.
        """
        holder, wanted = holder_of(record.name), {digest.raw for digest in blobs}
        held = self._held(holder)
        for part in _parts(sorted(wanted - held)):
            again_on_conflict(lambda part=part: self._pin(part, holder, record.changed))  # type: ignore[misc]
        again_on_conflict(lambda: self._replace(record))
        for part in _parts(sorted(held - wanted)):
            self._unpin(part, holder)

    def get(self, name: str) -> ClosureRecord | None:
        """The closure of that name."""
        return next((one for one in self.all() if one.name == name), None)

    def all(self) -> tuple[ClosureRecord, ...]:
        """Every closure, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(t.closures).order_by(t.closures.c.name))
            return tuple(_record(row) for row in rows)

    def remove(self, name: str) -> bool:
        """Forget a closure and let its blobs go; False when there is none."""
        with self._database.write() as connection:
            done = connection.execute(delete(t.closures).where(t.closures.c.name == name))
        holder = holder_of(name)
        for part in _parts(sorted(self._held(holder))):
            self._unpin(part, holder)
        return bool(done.rowcount)

    def _held(self, holder: str) -> set[bytes]:
        with self._database.read() as connection:
            query = select(t.pins.c.digest).where(t.pins.c.holder == holder)
            return {bytes(raw) for raw in connection.execute(query).scalars()}

    def _pin(self, digests: Iterable[bytes], holder: str, now: Timestamp) -> None:
        with self._database.write() as connection:
            query = select(t.pins.c.digest).where(t.pins.c.holder == holder)
            there = {bytes(raw) for raw in connection.execute(query).scalars()}
            rows = [(raw, holder, now.epoch) for raw in digests if raw not in there]
            insert_rows(connection, t.pins, rows)

    def _unpin(self, digests: Collection[bytes], holder: str) -> None:
        c = t.pins.c
        with self._database.write() as connection:
            for start in range(0, len(digests), 500):
                few = list(digests)[start : start + 500]
                connection.execute(delete(t.pins).where(c.holder == holder, c.digest.in_(few)))

    def _replace(self, record: ClosureRecord) -> None:
        c = t.closures.c
        with self._database.write() as connection:
            row = connection.execute(select(t.closures).where(c.name == record.name)).first()
            if row is not None:
                known = _record(row)
                if (known.definition, known.manifest) == (record.definition, record.manifest):
                    return
                connection.execute(delete(t.closures).where(c.name == record.name))
            connection.execute(
                insert(t.closures).values(
                    name=record.name,
                    definition=record.definition.raw,
                    manifest=record.manifest.raw,
                    changed=record.changed.epoch,
                )
            )


def _parts(digests: list[bytes]) -> Iterable[list[bytes]]:
    return (digests[start : start + _AT_ONCE] for start in range(0, len(digests), _AT_ONCE))


def _record(row: Row[tuple[object, ...]]) -> ClosureRecord:
    return ClosureRecord(
        name=row.name,
        definition=Digest.from_raw(bytes(row.definition)),
        manifest=Digest.from_raw(bytes(row.manifest)),
        changed=Timestamp(row.changed),
    )
