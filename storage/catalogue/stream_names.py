# SPDX-License-Identifier: GPL-3.0-or-later
"""The coordinates of streams, kept in memory: they are few, and a stream never changes or goes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sqlalchemy import Connection, select

from snapshot.coordinates import Coordinates
from storage.catalogue import tables as t


class StreamNames:
    """What is known of the streams of one catalogue. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[int, Coordinates] = {}

    def read(self, connection: Connection, wanted: AbstractSet[int]) -> dict[int, Coordinates]:
        """The coordinates by stream id; at least of those that are wanted.

        Args:
            connection: Open transaction.
            wanted: Ids of streams that exist.
        """
        known = self._known
        if not wanted <= known.keys():
            s = t.streams.c
            query = select(s.id, t.archives.c.name, s.suite, s.component, s.architecture).join(
                t.archives, t.archives.c.id == s.archive_id
            )
            known = {row[0]: Coordinates(*row[1:]) for row in connection.execute(query)}
            self._known = known
        return known
