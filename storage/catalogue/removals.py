# SPDX-License-Identifier: GPL-3.0-or-later
"""Removals: what an operator took out of the archives, when and why, by number.

A file that was taken out is never given again, under no address and whoever brings its bytes; what
was known of it (where it lived, and when) stays. A run that was taken out is a removed run
(`storage.catalogue.remove_runs`) that has a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.lookup_runs import run_id_at
from storage.catalogue.records import BlobState
from storage.catalogue.remove_runs import mark_removed
from storage.database import Database
from storage.retry_conflict import again_on_conflict


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken out at once.

    Attributes:
        number: Counts from 1; none is given twice.
        removed: When.
        reason: Why, in the operator's words.
        legal: Whether a law or a court wanted it: answered 451 instead of 410.
        files: How many files.
        runs: How many runs.
    """

    number: int
    removed: Timestamp
    reason: str
    legal: bool
    files: int
    runs: int


class Removals:
    """The removals of a catalogue.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        reason: str,
        *,
        files: Collection[Digest] = (),
        runs: Collection[tuple[str, Timestamp]] = (),
        legal: bool = False,
        now: Timestamp,
    ) -> Removal:
        """Take files and runs out; from the end of this transaction on nobody is given them.

        Args:
            reason: Why, for everybody to read.
            files: Bytes that the catalogue knows or not.
            runs: Archive and exact stamp.
            legal: Whether a law or a court wanted it.
            now: When.

        Raises:
            InvalidInput: No reason, nothing to take out, not a run, or the newest one.
        """
        if not reason.strip():
            raise InvalidInput("a removal without a reason", advice="people will ask: say why")
        if not files and not runs:
            raise InvalidInput("a removal of nothing", advice="name a file by its hash, or a run")

        def work() -> int:
            with self._database.write() as connection:
                values = {"removed": now.epoch, "reason": reason.strip(), "legal": legal}
                number = connection.execute(insert(t.removals).values(values)).inserted_primary_key
                assert number is not None  # noqa: S101  # an insert of one row has one
                self._withhold(connection, int(number[0]), files)
                for archive, stamp in sorted(set(runs)):
                    mark_removed(connection, archive, [stamp], now=now)
                    run_id = run_id_at(connection, archive, stamp)
                    row = {"run_id": run_id, "removal_id": int(number[0])}
                    connection.execute(insert(t.removal_runs).values(row))
                return int(number[0])

        number = again_on_conflict(work)
        found = self.get(number)
        assert found is not None  # noqa: S101  # none is ever deleted
        return found

    def all(self) -> tuple[Removal, ...]:
        """Every removal, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(_COUNTED.order_by(t.removals.c.id.desc()))
            return tuple(_removal(row) for row in rows)

    def get(self, number: int) -> Removal | None:
        """The removal of that number."""
        with self._database.read() as connection:
            row = connection.execute(_COUNTED.where(t.removals.c.id == number)).first()
            return None if row is None else _removal(row)

    def files(self, number: int) -> tuple[Digest, ...]:
        """The files that a removal took out."""
        f = t.removal_files.c
        query = select(f.digest).where(f.removal_id == number).order_by(f.digest)
        with self._database.read() as connection:
            return tuple(Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars())

    def runs(self, number: int) -> tuple[tuple[str, Timestamp], ...]:
        """Archive and stamp of the runs that a removal took out."""
        query = (
            select(t.archives.c.name, t.runs.c.ts)
            .select_from(t.removal_runs)
            .join(t.runs, t.runs.c.id == t.removal_runs.c.run_id)
            .join(t.archives, t.archives.c.id == t.runs.c.archive_id)
            .where(t.removal_runs.c.removal_id == number)
            .order_by(t.archives.c.name, t.runs.c.ts)
        )
        with self._database.read() as connection:
            return tuple((name, Timestamp(ts)) for name, ts in connection.execute(query))

    def of_file(self, digest: Digest) -> Removal | None:
        """The first removal that took some bytes out; None: they may be given."""
        ((number,),) = self._database.ask(_FIRST, digest=digest.raw)
        return None if number is None else self.get(number)

    def withheld(self, digests: Iterable[Digest]) -> set[Digest]:
        """Which of these were taken out: nobody may bring their bytes again."""
        keys = sorted({(digest.raw,) for digest in digests})
        with self._database.read() as connection:
            rows = select_wanted(connection, keys, "digest", _WITHHELD)
            return {Digest.from_raw(bytes(raw)) for (raw,) in rows}

    def of_run(self, archive: str, stamp: Timestamp) -> Removal | None:
        """The first removal that took out the run of exactly a stamp; None: keep rules did."""
        with self._database.read() as connection:
            run_id = run_id_at(connection, archive, stamp)
            of = t.removal_runs.c
            query = select(func.min(of.removal_id)).where(of.run_id == run_id)
            number = connection.execute(query).scalar_one()
        return None if number is None else self.get(number)

    @staticmethod
    def _withhold(connection: Connection, number: int, files: Iterable[Digest]) -> None:
        for digest in sorted(set(files)):
            row = {"digest": digest.raw, "removal_id": number}
            connection.execute(insert(t.removal_files).values(row))
            connection.execute(
                update(t.blobs)
                .where(t.blobs.c.sha256 == digest.raw)
                .values(state=int(BlobState.REMOVED))
            )


_FIRST = "SELECT min(removal_id) FROM removal_files WHERE digest = :digest"
_WITHHELD = (
    "SELECT DISTINCT f.digest FROM wanted CROSS JOIN removal_files f WHERE f.digest = wanted.digest"
)
_COUNTED = select(
    t.removals,
    select(func.count())
    .where(t.removal_files.c.removal_id == t.removals.c.id)
    .scalar_subquery()
    .label("files"),
    select(func.count())
    .where(t.removal_runs.c.removal_id == t.removals.c.id)
    .scalar_subquery()
    .label("runs"),
)


def _removal(row: Any) -> Removal:
    return Removal(row.id, Timestamp(row.removed), row.reason, bool(row.legal), row.files, row.runs)
