# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments that somebody asked for, and who needs them kept.

The text of an environment is a blob; here is only that it exists. One that nobody pins may be
evicted, the longest unused first: anybody may ask for one.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, exists, func, select, update

from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.bulk_load import insert_one, insert_rows
from storage.catalogue.records import EnvironmentRecord

#: Members of one more environment: a large one takes the place of several.
LARGE = 1000


def add_environment(
    connection: Connection, environment: Environment, *, holder: str | None, now: Timestamp
) -> EnvironmentRecord:
    """Remember an environment, or that it was asked for again.

    Args:
        connection: Open write transaction.
        environment: Its text must be stored as a blob before.
        holder: Who needs it kept (`job:17`, `closure:base`); None: nobody.
        now: When.
    """
    identity = environment.id
    if not use_environment(connection, identity, now):
        insert_one(
            connection,
            t.environments,
            digest=identity.raw,
            kind=environment.kind,
            members=len(environment.members),
            created=now.epoch,
            last_used=now.epoch,
        )
    if holder is not None:
        pin(connection, identity, holder, now)
    found = environment_record(connection, identity)
    assert found is not None  # noqa: S101  # inserted above
    return found


def use_environment(connection: Connection, identity: Digest, now: Timestamp) -> bool:
    """Note that an environment was used; False when it is unknown."""
    c = t.environments.c
    done = connection.execute(
        update(t.environments).where(c.digest == identity.raw).values(last_used=now.epoch)
    )
    return bool(done.rowcount)


def pin(connection: Connection, digest: Digest, holder: str, now: Timestamp) -> None:
    """Keep an environment for somebody; the same holder twice changes nothing."""
    c = t.pins.c
    known = select(c.holder).where(c.digest == digest.raw, c.holder == holder)
    if connection.execute(known).first() is None:
        insert_rows(connection, t.pins, [(digest.raw, holder, now.epoch)])


def unpin(connection: Connection, holder: str, digest: Digest | None = None) -> int:
    """Release what somebody kept, or one of it; answers how many."""
    mine = delete(t.pins).where(t.pins.c.holder == holder)
    if digest is not None:
        mine = mine.where(t.pins.c.digest == digest.raw)
    return connection.execute(mine).rowcount


def environment_record(connection: Connection, identity: Digest) -> EnvironmentRecord | None:
    """What is known about an environment."""
    c = t.environments.c
    pinned = exists().where(t.pins.c.digest == c.digest).label("pinned")
    row = connection.execute(select(t.environments, pinned).where(c.digest == identity.raw)).first()
    if row is None:
        return None
    return EnvironmentRecord(
        id=identity,
        kind=row.kind,
        members=row.members,
        created=Timestamp(row.created),
        last_used=Timestamp(row.last_used),
        pinned=bool(row.pinned),
    )


def evictable(
    connection: Connection, *, keep: int, newest: Digest | None = None
) -> tuple[Digest, ...]:
    """Environments that nobody pins beyond the `keep` last used ones, the longest unused first.

    One of some thousand members counts as several: what all of them weigh is bounded too.

    Args:
        connection: Open transaction.
        keep: How many.
        newest: The last one used, among those of the same second; it stays.
    """
    c = t.environments.c
    stays = b"" if newest is None else newest.raw
    order = (c.digest != stays, c.last_used.desc(), c.digest)
    places = func.sum(1 + c.members // LARGE).over(order_by=order)
    unpinned = (
        select(c.digest, c.last_used, places.label("places"))
        .where(~exists().where(t.pins.c.digest == c.digest))
        .subquery()
    )
    u = unpinned.c
    query = (
        select(u.digest)
        .where(u.places > keep, u.digest != stays)
        .order_by(u.last_used, u.digest.desc())
    )
    return tuple(Digest.from_raw(bytes(raw)) for raw in connection.execute(query).scalars())


def remove_environment(connection: Connection, identity: Digest) -> bool:
    """Forget an environment; False when it is pinned or unknown."""
    c = t.environments.c
    done = connection.execute(
        delete(t.environments).where(
            c.digest == identity.raw, ~exists().where(t.pins.c.digest == c.digest)
        )
    )
    return bool(done.rowcount)
