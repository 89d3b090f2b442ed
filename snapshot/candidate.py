# SPDX-License-Identifier: GPL-3.0-or-later
"""Package files the catalogue knows, as answers to needs."""

from __future__ import annotations

from dataclasses import dataclass

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.need import Need
from snapshot.presence import Interval


@dataclass(frozen=True, slots=True)
class Candidate:
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


@dataclass(frozen=True, slots=True)
class Chosen:
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
