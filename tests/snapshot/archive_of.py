# SPDX-License-Identifier: GPL-3.0-or-later
"""Small catalogues for the resolver's tests, written as words."""

from __future__ import annotations

from snapshot.candidate import Candidate
from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.presence import Interval
from snapshot.timestamp import Timestamp


def span(words: str) -> Interval:
    """`3-5` is [3, 5); `3-` is open."""
    first, _, until = words.partition("-")
    return Interval(Timestamp(int(first)), Timestamp(int(until)) if until else None)


def candidate(
    words: str,
    *spans: str,
    suite: str = "sid",
    archive: str = "debian",
    component: str = "main",
    content: str = "",
    verified: bool = True,
) -> Candidate:
    """`name version [architecture]`, and when it was there."""
    name, version, *rest = words.split()
    architecture = rest[0] if rest else "amd64"
    return Candidate(
        name=name,
        version=version,
        architecture=architecture,
        digest=Digest.of(f"{name} {version} {architecture} {content}".encode()),
        sha1=None,
        size=1,
        path=f"pool/{name}_{version}_{architecture}.deb",
        coordinates=Coordinates(archive, suite, component, architecture),
        intervals=tuple(span(words) for words in spans),
        verified=verified,
    )
