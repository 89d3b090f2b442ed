# SPDX-License-Identifier: GPL-3.0-or-later
"""Package files the catalogue knows, as answers to needs.

Named tuples, not dataclasses: an answer makes hundreds, and making and hashing them is its time.
"""

from __future__ import annotations

from typing import NamedTuple

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp


class Candidate(NamedTuple):
    """One package file in one stream of indices.

    Attributes:
        name: Package name.
        version: Full version.
        architecture: As the package says; `source` for a source package's .dsc.
        digest: SHA-256 of the file.
        sha1: Recorded, never trusted; clients of snapshot.debian.org ask by it.
        size: Bytes.
        path: Relative to the archive's root.
        coordinates: The stream.
        intervals: When it was there.
        verified: Whether a signature led to the index that names it; False for trust `none`.
        left: The first run of the suite that no longer looked at the stream; None: all did.
    """

    name: str
    version: str
    architecture: str
    digest: Digest
    sha1: str | None
    size: int
    path: str
    coordinates: Coordinates
    intervals: tuple[Interval, ...]
    verified: bool = True
    left: Timestamp | None = None

    @property
    def offered(self) -> tuple[Interval, ...]:
        """When a dated suite has it: what nobody saw go may be in no index all the same."""
        left, intervals = self.left, self.intervals
        if left is None or not intervals or intervals[-1].until is not None:
            return intervals
        return (*intervals[:-1], Interval(intervals[-1].first, left))


class Chosen(NamedTuple):
    """The file that answers a need, in every stream that holds it.

    Attributes:
        need: What was asked for.
        candidates: The same digest everywhere; at least one, best first.
    """

    need: Need
    candidates: tuple[Candidate, ...]

    @property
    def file(self) -> Candidate:
        """The best of them."""
        return self.candidates[0]
