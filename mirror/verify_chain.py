# SPDX-License-Identifier: GPL-3.0-or-later
"""From a verified Release to its indices: is it the one asked for, and do they hold?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mirror.decompress import MOST_BYTES, decompress
from snapshot.digest import Digest
from snapshot.errors import CorruptUpstream, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mirror.select_members import Member, WantedIndex
    from snapshot.release import Release
    from snapshot.timestamp import Timestamp

#: How far ahead of our clock a Release may be dated.
CLOCK_SKEW = 3600
#: How much later than the run that holds it: some services name a run by its day alone.
_DAY = 86_400


def check_release(
    release: Release,
    suite: str,
    *,
    now: Timestamp | None,
    accepted: Timestamp | None,
    at: Timestamp | None = None,
) -> None:
    """Is this the Release that was asked for, and may it be believed today?

    Args:
        release: Its signature has been verified.
        suite: What was asked for.
        now: For a live mirror, the time of the machine; None for history.
        accepted: Date of the last Release accepted from a live mirror.
        at: The run of a dated upstream that is said to have held it.

    Raises:
        VerificationError: Another suite, out of date, replayed, or from the future.
    """
    names = {release.suite, release.codename} - {""}
    # A flat repository is named by its place; what its Release calls itself is nobody's path.
    if not suite.endswith("/") and names and names.isdisjoint({suite, suite.partition("/")[0]}):
        raise VerificationError(
            f"asked for the suite {suite}, got the Release of {' alias '.join(sorted(names))}",
            advice="the upstream, or somebody on the way, mixed them up",
        )
    if at is not None and release.date.epoch > at.epoch + _DAY:
        raise VerificationError(
            f"the Release of {suite} is dated {release.date}, later than the run {at} it came from",
            advice="the upstream answers another time than it was asked for",
        )
    if now is None:
        return
    if release.valid_until is not None and release.valid_until < now:
        raise VerificationError(
            f"the Release of {suite} was valid until {release.valid_until}, it is {now}",
            advice="the mirror is stale or its answers are replayed; try another upstream",
        )
    if release.date.epoch > now.epoch + CLOCK_SKEW:
        raise VerificationError(
            f"the Release of {suite} is dated {release.date}, in the future of {now}",
            advice="check this machine's clock",
        )
    if accepted is not None and release.date < accepted:
        raise VerificationError(
            f"the Release of {suite} is dated {release.date}, older than {accepted} as seen before",
            advice="a stale edge or a replay; nothing was changed",
        )


def index_digest(index: WantedIndex, member: Member, packed: Iterable[bytes]) -> Digest:
    """The SHA-256 of the unpacked index: as the Release says, else computed."""
    if index.plain is not None and index.plain.sha256 is not None:
        return index.plain.sha256
    running = hashlib.sha256()
    for piece in decompress(packed, member.path):
        running.update(piece)
    return Digest(running.hexdigest())


def plain_index(
    index: WantedIndex, member: Member, packed: Iterable[bytes], *, name: str
) -> Iterator[bytes]:
    """Unpack a verified member, holding the result against what the Release says of it.

    Raises:
        CorruptUpstream: The Release contradicts itself; raised at the end of the stream,
            so whoever reads it must not have published anything by then.
    """
    limit = min(index.plain.size, MOST_BYTES) if index.plain is not None else MOST_BYTES
    running = hashlib.sha256()
    size = 0
    for piece in decompress(packed, member.path, limit=limit, name=name):
        running.update(piece)
        size += len(piece)
        yield piece
    if index.plain is None:
        return
    # A Release of SHA-1 alone says the size; the packed bytes were held against the rest.
    expected = index.plain.sha256 or Digest(running.hexdigest())
    if size != index.plain.size or Digest(running.hexdigest()) != expected:
        raise CorruptUpstream(
            f"{name}: unpacks to {size:,} bytes that are not the index the Release names",
            advice="the archive signed a Release that contradicts itself; its operators must know",
        )
