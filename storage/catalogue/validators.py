# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upstream calls the document at a URL, so that it can be asked whether that is still so.

This is no evidence of anything: who uses it has the bytes and verifies them each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from snapshot.digest import Digest
from storage.catalogue import tables as t
from storage.retry_conflict import again_on_conflict

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from storage.database import Database


@dataclass(frozen=True, slots=True)
class Validator:
    """What an upstream calls the document that it gave for a URL.

    Attributes:
        url: Where it was asked for.
        digest: SHA-256 of the bytes that came.
        etag: Its `ETag`, empty when there was none.
        modified: Its `Last-Modified` as sent, empty when there was none.
    """

    url: str
    digest: Digest
    etag: str = ""
    modified: str = ""


def validator(connection: Connection, url: str) -> Validator | None:
    """The last one remembered of a URL."""
    row = connection.execute(select(t.validators).where(t.validators.c.url == url)).first()
    if row is None:
        return None
    return Validator(row.url, Digest.from_raw(bytes(row.digest)), row.etag, row.modified)


def remember_validators(database: Database, validators: Collection[Validator]) -> None:
    """Remember one for each URL, in place of an earlier one.

    Args:
        database: The catalogue.
        validators: Of documents that are durable in the blob store; none is fine.
    """
    if not validators:
        return
    rows = [
        {"url": one.url, "digest": one.digest.raw, "etag": one.etag, "modified": one.modified}
        for one in validators
    ]

    def work() -> None:
        with database.write() as connection:
            connection.execute(
                delete(t.validators).where(t.validators.c.url.in_([row["url"] for row in rows]))
            )
            connection.execute(insert(t.validators), rows)

    again_on_conflict(work)
