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

from sqlalchemy import delete, func, select

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_rows
from storage.database import Database
from storage.retry_conflict import again_on_conflict


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

    def forget(self, subjects: Iterable[str]) -> None:
        """Let files go: nothing refers to them any more, and a collection frees their bytes."""
        with self._database.write() as connection:
            for subject in subjects:
                connection.execute(delete(t.made_files).where(t.made_files.c.subject == subject))

    def beyond(self, kind: str, keep: int) -> tuple[str, ...]:
        """Subjects of a kind (the first word) beyond the `keep` last made, the oldest last."""
        c = t.made_files.c
        query = (
            select(c.subject)
            .where(c.subject.startswith(f"{kind} ", autoescape=True))
            .group_by(c.subject)
            .order_by(func.max(c.made).desc(), c.subject)
            .offset(keep)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())
