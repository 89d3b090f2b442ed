# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold what was built against the originals, artifact by artifact, by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from rebuilders.task import ArtifactOutcome
from snapshot.digest import Digest
from snapshot.verdict import Status
from snapshot.wire import ExpectedArtifact

_CHUNK = 1024 * 1024


def compare(
    expect: Iterable[ExpectedArtifact], files: Mapping[str, Path]
) -> tuple[ArtifactOutcome, ...]:
    """One outcome per original; what was not built at all is BAD.

    Args:
        expect: The originals.
        files: What was built, by file name; further files are not looked at.
    """
    outcomes = []
    for original in expect:
        path = files.get(original.name)
        if path is None:
            outcomes.append(ArtifactOutcome(original.name, Status.BAD, original.sha256))
            continue
        digest, size = digest_file(path)
        same = digest == original.sha256
        outcomes.append(
            ArtifactOutcome(
                name=original.name,
                status=Status.GOOD if same else Status.BAD,
                original=original.sha256,
                sha256=digest,
                size=size,
                path=path,
            )
        )
    return tuple(outcomes)


def describe(outcomes: Iterable[ArtifactOutcome]) -> str:
    """One line for people about what differs; empty when nothing does."""
    missing = [o.name for o in outcomes if o.status is Status.BAD and o.sha256 is None]
    differing = [o.name for o in outcomes if o.status is Status.BAD and o.sha256 is not None]
    words = []
    if differing:
        words.append(f"differs: {', '.join(differing[:5])}")
    if missing:
        words.append(f"not built: {', '.join(missing[:5])}")
    return "; ".join(words)


def digest_file(path: Path) -> tuple[Digest, int]:
    """Digest and size of a file, without holding it in memory."""
    found = hashlib.sha256()
    size = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    return Digest(found.hexdigest()), size
