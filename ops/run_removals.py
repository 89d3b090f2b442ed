# SPDX-License-Identifier: GPL-3.0-or-later
"""Take files or runs out of the archives for a reason that everybody can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mirror.collect import discard
from mirror.keep_runs import drop_removed_trees
from mirror.lock import archive_lock, exclusive
from mirror.progress import Silent
from ops.open_stores import open_stores
from ops.settings import Settings
from ops.wire_mirror import wire_mirror
from snapshot.digest import Digest
from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.catalogue import Catalogue, Removal


def take_out(
    settings: Settings,
    reason: str,
    *,
    hashes: Sequence[str],
    runs: Sequence[str],
    legal: bool,
    clock: Callable[[], float],
) -> Removal:
    """Write the removal down, then delete the bytes and the trees.

    Nobody is given them from the first moment on; stopped in between, the rest is deleted by the
    same command again or by `storage gc`.

    Args:
        settings: Complete settings.
        reason: For everybody to read.
        hashes: SHA-1 or SHA-256 of files.
        runs: `<archive>/<stamp>` each.
        legal: Whether a law or a court wanted it.
        clock: Epoch seconds.

    Returns:
        The removal.

    Raises:
        InvalidInput: Not a file or run of ours, no reason, or nothing to take out.
    """
    stores = open_stores(settings)
    files = [_file(stores.catalogue, text) for text in hashes]
    gone = [_run(text) for text in runs]
    removal = stores.catalogue.removals.add(
        reason, files=files, runs=gone, legal=legal, now=Timestamp(int(clock()))
    )
    mirror = wire_mirror(settings, stores, Silent())
    for digest in files:
        discard(digest, mirror.catalogue, mirror.blobs, mirror.layout)
    for archive in sorted({archive for archive, _ in gone}):
        lock = archive_lock(mirror.locks, archive)
        with exclusive(lock, f"removing trees of {archive}", now=mirror.clock()):
            drop_removed_trees(mirror, archive)
    return removal


def removal_lines(removals: Sequence[Removal]) -> Iterator[str]:
    """Say what was taken out.

    Args:
        removals: The newest first.

    Yields:
        A line for each.
    """
    for one in removals:
        law = ", legal" if one.legal else ""
        yield (
            f"{one.number}  {one.removed}  {one.files} files, {one.runs} runs{law}: {one.reason}"
        )
    if not removals:
        yield "nothing was ever taken out"


def _file(catalogue: Catalogue, text: str) -> Digest:
    digits = text.lower()
    known = None
    if len(digits) in (40, 64) and not digits.strip("0123456789abcdef"):
        known = catalogue.blob_by_hash(digits)
    if known is None:
        raise InvalidInput(
            f"no file {text[:80]!r} is known here",
            advice="give the SHA-1 or SHA-256 of one: /mr/package/<name>/<version>/allfiles",
        )
    return known.digest


def _run(text: str) -> tuple[str, Timestamp]:
    archive, slash, stamp = text.partition("/")
    if not slash or not archive:
        raise InvalidInput(f"not a run: {text[:80]!r}", advice="write <archive>/<stamp>")
    return archive, Timestamp.parse(stamp)
