# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stored bytes the ledger refers to: records, evidence, links, originals of open jobs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from snapshot.digest import Digest
from storage.ledger import tables as t


def needed_digests(connection: Connection) -> Iterator[Digest]:
    """Every digest that must not go, in no order and with repeats."""
    for column in (
        t.evidence.c.digest,
        t.attestations.c.digest,
        t.targets.c.input_digest,
        t.targets.c.environment,
        t.attempts.c.environment,
    ):
        query = select(column).where(column.is_not(None)).execution_options(yield_per=1000)
        yield from connection.execute(query).scalars()
    a = t.target_artifacts.c
    query = (
        select(a.sha256)
        .join(t.jobs, t.jobs.c.target_id == a.target_id)
        .where(t.OPEN, a.sha256.is_not(None))
        .execution_options(yield_per=1000)
    )
    yield from connection.execute(query).scalars()
