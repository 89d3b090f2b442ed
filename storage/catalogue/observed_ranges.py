# SPDX-License-Identifier: GPL-3.0-or-later
"""From intervals to closed ranges of stamps, as snapshot.notset.fr answers them.

An interval ends at the stamp at which something was first seen absent; a range ends at the
last stamp at which it was seen. Between the two nobody looked.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, select

from snapshot.coordinates import Coordinates
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp
from storage.catalogue import tables as t
from storage.catalogue.observed import PUBLISHED, observation_before
from storage.catalogue.tables import OPEN


def observed_ranges(
    connection: Connection, coordinates: Coordinates, intervals: Iterable[Interval]
) -> tuple[tuple[Timestamp, Timestamp], ...]:
    """(first, last) stamps of published runs at which a stream held something.

    Args:
        connection: Open transaction.
        coordinates: The stream.
        intervals: When it was there, as a lookup answered.
    """
    s, a = t.streams.c, t.archives.c
    query = (
        select(s.id)
        .join(t.archives, and_(a.id == s.archive_id, a.name == coordinates.archive))
        .where(
            s.suite == coordinates.suite,
            s.component == coordinates.component,
            s.architecture == coordinates.architecture,
        )
    )
    stream_id = connection.execute(query).scalar_one_or_none()
    if stream_id is None:
        return ()
    return tuple(
        (
            interval.first,
            Timestamp(
                last_before(connection, stream_id, interval.until.epoch if interval.until else OPEN)
            ),
        )
        for interval in intervals
    )


def last_before(connection: Connection, stream_id: int, ts: int) -> int:
    """The last stamp before another at which a stream was observed.

    A later run of the same Release counts: the observation stands for it.
    """
    observation = observation_before(connection, stream_id, ts)
    if observation is None:
        return ts
    r, rr, s = t.runs.c, t.run_releases.c, t.streams.c
    query = (
        select(func.max(r.ts))
        .select_from(t.streams)
        .join(t.runs, r.archive_id == s.archive_id)
        .join(t.run_releases, and_(rr.run_id == r.id, rr.suite == s.suite))
        .where(
            s.id == stream_id,
            r.state == PUBLISHED,
            r.ts >= observation.ts,
            r.ts < ts,
            rr.release_id == observation.release_id,
        )
    )
    last: int = connection.execute(query).scalar_one()
    return last
