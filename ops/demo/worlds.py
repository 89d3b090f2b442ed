# SPDX-License-Identifier: GPL-3.0-or-later
"""Two states of the real archive: the last point release alone, and everything since.

`old` knows the main suite only; `new` adds the updates and security suites. What differs
between the two gives the demo its dates.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ops.demo.private_apt import Package, PrivateApt

# What a clean chroot is made of: the buildd set that mmdebstrap installs.
CHROOT = ("?essential", "build-essential", "apt")
# What debhelper packages need on top, and what plays root for the old ones among them.
TOOLS = ("debhelper", "fakeroot")


class Worlds:
    """Closures in both states, computed once each.

    Args:
        old: apt with the main suite alone.
        new: apt with all suites.
        merged: Packages that decide how /usr is merged, as far as this release has them.
    """

    def __init__(self, old: PrivateApt, new: PrivateApt, merged: Iterable[str]) -> None:
        self.old = old
        self.new = new
        self.merged = tuple(merged)
        self._build_closure: Callable[[PrivateApt, str], frozenset[Package]] = cache(
            lambda apt, source: apt.build_closure(source)
        )
        self._chroot = old.closure([*CHROOT, *self.merged])
        plain = (*CHROOT, *TOOLS)
        self._base_old = self._chroot | old.closure([*plain, *self.merged]) | old.closure(plain)
        self._base_new = new.closure([*plain, *self.merged]) | new.closure(plain)
        self._old_versions = {package.name: package.version for package in self._base_old}

    def chroot(self) -> frozenset[Package]:
        """A clean chroot of the old state."""
        return self._chroot

    def base(self) -> frozenset[Package]:
        """Chroot and tools, in both states."""
        return self._base_old | self._base_new

    def additions(self, source: str) -> frozenset[Package]:
        """What a build installs into a chroot of the old state, at the new state.

        Raises:
            NotFound: Its Build-Depends cannot be satisfied.
        """
        present = {package.name for package in self._chroot}
        wanted = self._build_closure(self.new, source)
        return frozenset(package for package in wanted if package.name not in present)

    def everything(self, source: str) -> frozenset[Package]:
        """The build closure of a source in both states.

        The old state may not satisfy a newer source; then only the new one counts.
        """
        try:
            old = self._build_closure(self.old, source)
        except NotFound:
            old = frozenset()
        return old | self._build_closure(self.new, source)

    def spans(self, source: str) -> bool:
        """Whether a build in an old chroot with new build dependencies needs both states."""
        try:
            old = self._build_closure(self.old, source)
        except NotFound:
            return False
        versions = {package.name: package.version for package in old}
        return bool(self.changed_in_base()) and any(
            versions.get(package.name, package.version) != package.version
            for package in self.additions(source)
        )

    def changed_in_base(self) -> tuple[Package, ...]:
        """Chroot packages of the new state whose version differs from the old state's."""
        changed = (
            package
            for package in self._base_new
            if self._old_versions.get(package.name, package.version) != package.version
        )
        return tuple(sorted(changed))
