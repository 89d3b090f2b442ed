# SPDX-License-Identifier: GPL-3.0-or-later
"""Dependency fields: `a (>= 1) | b [amd64] <!nocheck>, c`.

Enough of deb-src-control(5) to say which packages would do; what cannot be read is no
dependency that anything satisfies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from snapshot.deb_version import version_key

_RELATION = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9+.-]*)(?::[a-z0-9-]+)?"
    r"(?:\s*\((?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[^\s()]+)\s*\))?"
    r"(?:\s*\[(?P<architectures>[^\]]*)\])?"
    r"(?P<profiles>(?:\s*<[^>]*>)*)"
)
_PROFILES = re.compile(r"<([^>]*)>")


@dataclass(frozen=True, slots=True)
class Relation:
    """One alternative.

    Attributes:
        name: Package.
        operator: `<<`, `<=`, `=`, `>=`, `>>`; empty when any version will do.
        version: What it is compared with.
    """

    name: str
    operator: str = ""
    version: str = ""

    def accepts(self, version: str) -> bool:
        """Whether a version of the package satisfies it."""
        if not self.operator:
            return True
        mine, wanted = version_key(version), version_key(self.version)
        return {
            "<<": mine < wanted,
            "<": mine <= wanted,  # as dpkg reads the obsolete form
            "<=": mine <= wanted,
            "=": mine == wanted,
            ">=": mine >= wanted,
            ">": mine >= wanted,
            ">>": mine > wanted,
        }[self.operator]


def read_relations(text: str, architecture: str) -> list[tuple[Relation, ...]]:
    """The dependencies of a field that count on an architecture, without any build profile.

    Args:
        text: The field, folded to one line or not.
        architecture: Such as `amd64`.

    Returns:
        One tuple of alternatives for each dependency.
    """
    groups = []
    for group in text.split(","):
        alternatives = [_RELATION.fullmatch(part.strip()) for part in group.split("|")]
        counting = tuple(
            Relation(one["name"], one["operator"] or "", one["version"] or "")
            for one in alternatives
            if one is not None
            and _for_architecture(one["architectures"], architecture)
            and _without_profile(one["profiles"])
        )
        if counting:
            groups.append(counting)
    return groups


def _for_architecture(words: str | None, architecture: str) -> bool:
    if words is None:
        return True
    listed = words.split()
    matching = [word for word in listed if _matches(word.removeprefix("!"), architecture)]
    if any(word.startswith("!") for word in listed):
        return not matching
    return bool(matching)


def _matches(word: str, architecture: str) -> bool:
    """Whether an architecture or a wildcard such as `linux-any` means an architecture."""
    if word in ("any", "linux-any", architecture):
        return True
    system, dash, processor = word.partition("-")
    return bool(dash) and system in ("any", "linux") and processor == architecture


def _without_profile(text: str) -> bool:
    """Whether a restriction formula holds when no profile is active."""
    formulas = [one.split() for one in _PROFILES.findall(text)]
    return not formulas or any(all(word.startswith("!") for word in one) for one in formulas)
