# SPDX-License-Identifier: GPL-3.0-or-later
"""From a verified Release to its indices: which ones are wanted, and do they hold?"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mirror.decompress import MOST_BYTES, SUFFIXES, decompress
from snapshot.coordinates import Coordinates
from snapshot.digest import Checksums, Digest
from snapshot.errors import ConfigurationError, CorruptUpstream, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mirror.policy import ArchivePolicy
    from snapshot.release import Release
    from snapshot.timestamp import Timestamp

_INDEX = re.compile(r"(?P<component>.+)/(?:binary-(?P<architecture>[^/]+)/Packages|source/Sources)")
#: How far ahead of our clock a Release may be dated.
_CLOCK_SKEW = 3600
#: How much later than the run that holds it: some services name a run by its day alone.
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Member:
    """A file that a Release vouches for.

    Attributes:
        path: Relative to the suite's directory, with the suffix of its packing.
        checksums: As the Release says; the SHA-256 is always there.
    """

    path: str
    checksums: Checksums


@dataclass(frozen=True, slots=True)
class WantedIndex:
    """One index, in every packing the Release offers.

    Attributes:
        base: Path without suffix, such as `main/binary-amd64/Packages`.
        variants: In apt's order of preference; any one of them will do.
        plain: What it must be when unpacked, if the Release says.
        coordinates: The stream it belongs to; None for other members worth keeping.
    """

    base: str
    variants: tuple[Member, ...]
    plain: Checksums | None
    coordinates: Coordinates | None


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
        VerificationError: Another suite, out of date, replayed, from the future, or with
            digests that are no longer worth anything.
    """
    names = {release.suite, release.codename} - {""}
    if names and names.isdisjoint({suite, suite.partition("/")[0]}):
        raise VerificationError(
            f"asked for the suite {suite}, got the Release of {' alias '.join(sorted(names))}",
            advice="the upstream, or somebody on the way, mixed them up",
        )
    if not any(checksums.sha256 for checksums in release.files.values()):
        raise VerificationError(
            f"the Release of {suite} has no SHA-256 digests",
            advice="MD5 and SHA-1 are recorded but not trusted",
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
    if release.date.epoch > now.epoch + _CLOCK_SKEW:
        raise VerificationError(
            f"the Release of {suite} is dated {release.date}, in the future of {now}",
            advice="check this machine's clock",
        )
    if accepted is not None and release.date < accepted:
        raise VerificationError(
            f"the Release of {suite} is dated {release.date}, older than {accepted} as seen before",
            advice="a stale edge or a replay; nothing was changed",
        )


def wanted_indices(release: Release, suite: str, policy: ArchivePolicy) -> list[WantedIndex]:
    """The members of a Release that a policy asks for.

    Raises:
        ConfigurationError: None of what the policy asks for is there.
    """
    groups: dict[str, list[Member]] = {}
    for path, checksums in release.files.items():
        base, suffix = _split(path)
        if checksums.sha256 is not None and suffix in SUFFIXES:
            groups.setdefault(base, []).append(Member(path, checksums))
    wanted = []
    for base, members in sorted(groups.items()):
        coordinates = _coordinates(base, suite, release, policy)
        if coordinates is None and not _is_extra(members, policy):
            continue
        members.sort(key=lambda member: SUFFIXES.index(_split(member.path)[1]))
        plain = next((m.checksums for m in members if m.path == base), None)
        wanted.append(WantedIndex(base, tuple(members), plain, coordinates))
    if not any(index.coordinates for index in wanted):
        raise ConfigurationError(
            f"the Release of {suite} has no index for components "
            f"{' '.join(policy.components) or '*'} and architectures "
            f"{' '.join(policy.architectures) or '*'}",
            advice=f"it has {' '.join(release.components)} and {' '.join(release.architectures)}",
        )
    return wanted


def _split(path: str) -> tuple[str, str]:
    base, dot, end = path.rpartition(".")
    return (base, f".{end}") if dot and f".{end}" in SUFFIXES else (path, "")


def _coordinates(
    base: str, suite: str, release: Release, policy: ArchivePolicy
) -> Coordinates | None:
    """The stream of an index, if the policy wants it."""
    match = _INDEX.fullmatch(base)
    if match is None:
        return None
    component = match["component"]
    architecture = match["architecture"] or "source"
    if policy.only is not None:
        exact = Coordinates(policy.name, suite, component, architecture)
        return exact if f"{suite}/{base}" in policy.only else None
    if policy.components and component not in policy.components:
        return None
    if policy.architectures and architecture not in policy.architectures:
        return None
    if architecture == "all" and _all_elsewhere(release, policy):
        return None
    return Coordinates(policy.name, suite, component, architecture)


def _all_elsewhere(release: Release, policy: ArchivePolicy) -> bool:
    """Whether every other index of ours holds the packages for all architectures as well."""
    others = set(policy.architectures or release.architectures) - {"all", "source"}
    return release.no_support_for_all and bool(others & set(release.architectures))


def _is_extra(members: Iterable[Member], policy: ArchivePolicy) -> bool:
    return any(fnmatchcase(m.path, pattern) for m in members for pattern in policy.extras)


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
    if size != index.plain.size or Digest(running.hexdigest()) != index.plain.sha256:
        raise CorruptUpstream(
            f"{name}: unpacks to {size:,} bytes that are not the index the Release names",
            advice="the archive signed a Release that contradicts itself; its operators must know",
        )
