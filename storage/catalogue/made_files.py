# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files the repositories have that we make: made once, kept as blobs, found by everybody.

What such a repository is of, its subject, is a few words: `environment <id>`,
`source hello_2.10-3`, `release <digest>`. Its maker is the key and the recipe that it was made
with: files of another maker are not found, and the next ones take their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import BigInteger, cast, delete, func, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows
from storage.catalogue.needed import is_referred_to
from storage.database import Database
from storage.retry_conflict import again_on_conflict

#: Bytes of one more subject: a large one takes the place of several.
LARGE = 2 << 20


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file that was made.

    Attributes:
        digest: The blob that holds it.
        size: Bytes.
    """

    digest: Digest
    size: int


class MadeFiles:
    """The made files of a catalogue.

    Args:
        database: Opened with `kind="catalogue"` and upgraded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, subject: str, maker: str) -> dict[str, MadeFile]:
        """Files by path; none when this maker has not made them."""
        c = t.made_files.c
        query = select(c.path, c.digest, c.size).where(c.subject == subject, c.maker == maker)
        with self._database.read() as connection:
            return {
                row.path: MadeFile(Digest.from_raw(bytes(row.digest)), row.size)
                for row in connection.execute(query)
            }

    def keep(self, subject: str, maker: str, files: Mapping[str, MadeFile], now: Timestamp) -> None:
        """Remember the files of a subject, which are stored; others of that name are let go."""

        def work() -> None:
            with self._database.write() as connection:
                connection.execute(delete(t.made_files).where(t.made_files.c.subject == subject))
                rows = [
                    (subject, path, maker, file.digest.raw, file.size, now.epoch)
                    for path, file in sorted(files.items(), key=itemgetter(0))
                ]
                insert_rows(connection, t.made_files, rows)

        again_on_conflict(work)

    def forget(self, subjects: Iterable[str]) -> tuple[Digest, ...]:
        """Let files go.

        Returns:
            Those of their digests that nothing in the catalogue refers to any more.
        """
        with self._database.write() as connection:
            gone: set[bytes] = set()
            c = t.made_files.c
            for subject in subjects:
                removed = delete(t.made_files).where(c.subject == subject).returning(c.digest)
                gone.update(map(bytes, connection.execute(removed).scalars()))
            free = (Digest.from_raw(raw) for raw in sorted(gone))
            return tuple(digest for digest in free if not is_referred_to(connection, digest))

    def beyond(self, kind: str, keep: int, *, newest: str) -> tuple[str, ...]:
        """Subjects of a kind (the first word) beyond the `keep` last made, the oldest last.

        One of some megabytes counts as several: what all of them weigh is bounded too.

        Args:
            kind: The first word.
            keep: How many.
            newest: The last one made, among those of the same second; it stays.
        """
        c = t.made_files.c
        made = (
            select(
                c.subject,
                func.max(c.made).label("made"),
                (1 + cast(func.sum(c.size), BigInteger) // LARGE).label("places"),
            )
            .where(c.subject.startswith(f"{kind} ", autoescape=True))
            .group_by(c.subject)
            .subquery()
        ).c
        order = (made.subject != newest, made.made.desc(), made.subject)
        places = func.sum(made.places).over(order_by=order).label("places")
        counted = select(made.subject, made.made, places).subquery().c
        query = (
            select(counted.subject)
            .where(counted.places > keep, counted.subject != newest)
            .order_by(counted.made.desc(), counted.subject)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())
