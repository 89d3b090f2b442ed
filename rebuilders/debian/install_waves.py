# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order dpkg installs an exact set, since nobody but us resolves anything.

`Pre-Depends` is the one relation that must hold while a package is *unpacked*: what it names
must be configured by then. So packages are unpacked in waves, and between two waves exactly
what the next one asks for is configured. All other relations are dpkg's to order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rebuilders.debian.deb_file import Control

#: What nearly every build environment holds beyond the essential packages.
BASE_SEEDS = ("build-essential", "debhelper")


@dataclass(frozen=True, slots=True)
class Wave:
    """Packages that may be unpacked at once.

    Attributes:
        configure: Names to configure before; needed by this wave's `Pre-Depends`.
        unpack: The packages.
    """

    configure: tuple[str, ...]
    unpack: tuple[Control, ...]


class Relations:
    """Who needs whom in an exact set of packages."""

    def __init__(self, controls: Iterable[Control]) -> None:
        self._controls = tuple(controls)
        self._by_name: dict[str, list[Control]] = {}
        for control in self._controls:
            for name in (control.name, *control.provides):
                self._by_name.setdefault(name, []).append(control)

    def essential(self) -> frozenset[Control]:
        """The essential packages and what they need."""
        return self.closure(c for c in self._controls if c.essential)

    def base(self) -> frozenset[Control]:
        """What this set shares with most others: a layer of its own is worth making."""
        seeds = [c for c in self._controls if c.essential or c.name in BASE_SEEDS]
        return self.closure(seeds)

    def closure(self, seeds: Iterable[Control]) -> frozenset[Control]:
        """The seeds and, transitively, everything in the set that their relations name."""
        found: set[Control] = set()
        pending = list(seeds)
        while pending:
            control = pending.pop()
            if control not in found:
                found.add(control)
                pending.extend(self._named(control.pre_depends + control.depends))
        return frozenset(found)

    def waves(self, wanted: Iterable[Control]) -> tuple[Wave, ...]:
        """Order packages that are not installed yet; all others of the set are."""
        pending = set(wanted)
        levels: dict[Control, int] = {}
        for control in sorted(pending, key=_order):
            self._level(control, pending, levels, set())
        waves = []
        configured: set[Control] = set()
        for level in range(max(levels.values(), default=-1) + 1):
            members = sorted((c for c in pending if levels[c] == level), key=_order)
            needed: set[Control] = set()
            for control in members:
                needed |= self.closure(self._named(control.pre_depends)) & pending
            ready = sorted((c for c in needed - configured if levels[c] < level), key=_order)
            configured.update(ready)
            waves.append(Wave(tuple(map(_qualified, ready)), tuple(members)))
        return tuple(waves)

    def _level(
        self,
        control: Control,
        pending: set[Control],
        levels: dict[Control, int],
        path: set[Control],
    ) -> int:
        if control in levels:
            return levels[control]
        if control in path:
            return 0  # a circle of Pre-Depends: dpkg breaks it, or nobody can
        path.add(control)
        needed = self.closure(self._named(control.pre_depends)) & pending - {control}
        level = max(
            (self._level(other, pending, levels, path) + 1 for other in sorted(needed, key=_order)),
            default=0,
        )
        path.discard(control)
        levels[control] = level
        return level

    def _named(self, clauses: Iterable[tuple[str, ...]]) -> list[Control]:
        return [c for clause in clauses for name in clause for c in self._by_name.get(name, ())]


def _order(control: Control) -> tuple[str, str]:
    return control.name, control.architecture


def _qualified(control: Control) -> str:
    return (
        f"{control.name}:{control.architecture}" if control.architecture != "all" else control.name
    )
