# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members of a Release a policy wants: indices of packages, and what goes with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.decompress import SUFFIXES
from mirror.weak_digests import has_proof, proof_of
from snapshot.coordinates import Coordinates
from snapshot.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mirror.policy import ArchivePolicy, Extra
    from snapshot.digest import Checksums
    from snapshot.release import Release

_INDEX = re.compile(r"(?P<component>.+)/(?:binary-(?P<architecture>[^/]+)/Packages|source/Sources)")
_INSTALLER = "/debian-installer"
#: A flat repository has one index of each kind. It says nothing of components, and its one
#: Packages holds every architecture: as coordinates it is `main` and `all`.
_FLAT = {"Packages": "all", "Sources": "source"}

#: What goes with the indices: each kind by its paths without the suffix of the packing.
_EXTRAS: Mapping[Extra, re.Pattern[str]] = {
    "translations": re.compile(r"(?P<component>.+)/i18n/Translation-en"),
    "all-translations": re.compile(r"(?P<component>.+)/i18n/Translation-[^/]+"),
    "dep11": re.compile(
        r"(?P<component>.+)/dep11/"
        r"(?:Components-(?P<yml>[^/.]+)\.yml|CID-Index-(?P<json>[^/.]+)\.json|icons-[^/]+\.tar)"
    ),
    "contents": re.compile(r"(?:(?P<component>.+)/)?Contents-(?P<index>(?!udeb-)[^/]+)"),
    "installer": re.compile(r"(?P<component>.+)/installer-(?P<tree>[^/]+)/[^/]+/images/SHA256SUMS"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file that a Release vouches for.

    Attributes:
        path: Relative to the suite's directory, with the suffix of its packing.
        checksums: As the Release says.
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


def wanted_indices(release: Release, suite: str, policy: ArchivePolicy) -> list[WantedIndex]:
    """The members of a Release that a policy asks for.

    Raises:
        ConfigurationError: None of what the policy asks for is there.
        VerificationError: The Release has no digests that the policy believes.
    """
    proof = proof_of(release, suite, policy)
    groups: dict[str, list[Member]] = {}
    for path, checksums in release.files.items():
        base, suffix = split_packing(path)
        if suffix in SUFFIXES and has_proof(checksums, proof):
            groups.setdefault(base, []).append(Member(path, checksums))
    wanted = []
    for base, members in sorted(groups.items()):
        coordinates = _coordinates(base, suite, release, policy)
        if coordinates is None and not _is_extra(base, policy):
            continue
        members.sort(key=lambda member: SUFFIXES.index(split_packing(member.path)[1]))
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


def split_packing(path: str) -> tuple[str, str]:
    """Cut `…/Packages.xz` into its base and the suffix of its packing."""
    base, dot, end = path.rpartition(".")
    return (base, f".{end}") if dot and f".{end}" in SUFFIXES else (path, "")


def _coordinates(
    base: str, suite: str, release: Release, policy: ArchivePolicy
) -> Coordinates | None:
    """The stream of an index, if the policy wants it."""
    match = _INDEX.fullmatch(base)
    if suite.endswith("/"):
        place = ("main", _FLAT[base]) if base in _FLAT else None
    else:
        place = (match["component"], match["architecture"] or "source") if match else None
    if place is None:
        return None
    if policy.only is not None:
        wanted = f"{suite}/{base}" in policy.only
    else:
        wanted = suite.endswith("/") or _is_wanted(*place, release, policy)
    return Coordinates(policy.name, suite, *place) if wanted else None


def _is_wanted(component: str, architecture: str, release: Release, policy: ArchivePolicy) -> bool:
    """Whether an index is of the components and architectures of a policy."""
    above = component.removesuffix(_INSTALLER)
    takes_udebs = "udebs" in policy.extras and above != component
    if not (_has_component(component, policy) or (takes_udebs and _has_component(above, policy))):
        return False
    if policy.architectures and architecture not in policy.architectures:
        return False
    return architecture != "all" or not _all_elsewhere(release, policy)


def _has_component(component: str, policy: ArchivePolicy) -> bool:
    """Security suites may write `updates/main` where everybody says `main`."""
    if not policy.components:
        return _INSTALLER not in component
    words = {word.removeprefix("updates/") for word in policy.components}
    return component.removeprefix("updates/") in words


def _all_elsewhere(release: Release, policy: ArchivePolicy) -> bool:
    """Whether every other index of ours holds the packages for all architectures as well."""
    others = set(policy.architectures or release.architectures) - {"all", "source"}
    return release.no_support_for_all and bool(others & set(release.architectures))


def _is_extra(base: str, policy: ArchivePolicy) -> bool:
    """Whether a member goes with indices that are wanted."""
    for extra in policy.extras:
        match = _EXTRAS[extra].fullmatch(base) if extra in _EXTRAS else None
        if match is None:
            continue
        found = match.groupdict()
        component = found.pop("component")
        architecture = next(filter(None, found.values()), None)
        if component is not None and not _has_component(component, policy):
            continue
        if architecture is None or not policy.architectures or architecture in policy.architectures:
            return True
    return False
