# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams that nobody looks at any more, though their suite has later runs.

A component or an architecture was dropped, by its archive or by the policy. What it held was not
seen to go, so its presences stay open; but no later run has an index that lists it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from snapshot.timestamp import Timestamp
from storage.catalogue.bulk_load import select_wanted
from storage.catalogue.observed import PUBLISHED

# Nearly always the last run of the suite holds the Release that was looked at last. Only where it
# does not, the runs after that are gone through, up to the first. The state of a run is a value and
# not a join: PostgreSQL would else join all runs with all observations of each stream.
_LEFT = f"""
SELECT wanted.stream, (
  SELECT later.ts FROM runs later
  JOIN run_releases there ON there.run_id = later.id AND there.suite = s.suite
  WHERE later.archive_id = s.archive_id AND later.state = '{PUBLISHED}'
  AND later.ts > seen.ts AND there.release_id <> held.release_id
  ORDER BY later.ts LIMIT 1)
FROM wanted CROSS JOIN streams s
CROSS JOIN observations seen CROSS JOIN run_releases held
WHERE s.id = wanted.stream AND seen.stream_id = wanted.stream
AND seen.ts = (
  SELECT o.ts FROM observations o
  WHERE o.stream_id = wanted.stream
  AND (SELECT r.state FROM runs r WHERE r.id = o.run_id) = '{PUBLISHED}'
  ORDER BY o.ts DESC LIMIT 1)
AND held.run_id = seen.run_id AND held.suite = s.suite
AND held.release_id <> (
  SELECT there.release_id FROM runs newest
  JOIN run_releases there ON there.run_id = newest.id AND there.suite = s.suite
  WHERE newest.archive_id = s.archive_id AND newest.state = '{PUBLISHED}'
  ORDER BY newest.ts DESC LIMIT 1)
"""  # noqa: S608  # constants


def left_streams(connection: Connection, streams: Collection[int]) -> dict[int, Timestamp]:
    """The first run that did not look, by stream; those that are still looked at are left out.

    Args:
        connection: Open transaction.
        streams: Ids of streams.
    """
    keys = [(stream,) for stream in sorted(streams)]
    rows = select_wanted(connection, keys, "stream", _LEFT)
    return {stream: Timestamp(ts) for stream, ts in rows if ts is not None}
