# SPDX-License-Identifier: GPL-3.0-or-later
"""Which real packages the demo uses: chosen by rule from what the archive offers today.

No version is named here. The list of names is a preference (sources known to be small and to
rebuild bit for bit); every one of them must still pass the rules, and a name that is gone,
cannot be downloaded or does not fit is replaced by another that does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from snapshot.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.demo.private_apt import Package
    from ops.demo.real_indices import RealIndices, Source
    from ops.demo.worlds import Worlds
    from snapshot.packages import BinaryStanza

PREFERRED = (
    "what-is-python", "base-files", "live-boot", "distro-info-data", "catdoc", "mobian-keyring",
    "ucf", "net-tools", "midge", "mailgraph", "debian-archive-keyring", "kernel-wedge",
    "libfcgi", "grml-rescueboot", "sitesummary", "lxc-templates", "usrmerge",
)  # fmt: skip
PREFERRED_SENSITIVE = ("libsub-name-perl", "libdevel-checkbin-perl", "libxs-parse-keyword-perl")

# Large enough for every preferred source, small enough to build in seconds.
MAX_SOURCE_BYTES = 400_000
MAX_EXTRA_PACKAGES = 60
MAX_TRIED = 30

_STABLE_UPDATE = re.compile(r"[+~]deb\d+u\d+$")
_REBUILD = re.compile(r"\+b\d+$")


@dataclass(frozen=True, slots=True)
class Choice:
    """A real source package and what it is to show.

    Attributes:
        role: `all`, `any`, `epoch`, `two-dates` or `version-sensitive`.
        source: The source.
        published: Its .debs as Debian publishes them; empty for the version-sensitive one, whose
            published form is a rebuild of other circumstances.
        why: One line for the reader: which rule it passed.
        depends_on: For the version-sensitive one: the package whose version it carries.
    """

    role: str
    source: Source
    published: tuple[BinaryStanza, ...]
    why: str
    depends_on: str = ""


class Chooser:
    """Applies the rules to today's archive.

    Args:
        indices: What is published, all suites together.
        worlds: The two states of the archive between which packages differ.
        available: Downloads a source; False when the archive does not have all of it.
        say: Takes a line for the reader, whenever something was replaced.
    """

    def __init__(
        self,
        indices: RealIndices,
        worlds: Worlds,
        available: Callable[[Source], bool],
        say: Callable[[str], None],
    ) -> None:
        self._indices = indices
        self._worlds = worlds
        self._available = available
        self._say = say
        self._taken: set[str] = set()
        self._lost: set[str] = set()
        self._standing: tuple[str, ...] = ()

    def published(self) -> tuple[Choice, ...]:
        """Sources whose published .debs should come out bit for bit.

        Returns:
            Two that need two dates (when today's dates differ), then one of each other role.
        """
        spanning = 2 if self._worlds.changed_in_base() else 0
        chosen = [
            *self._pick("two-dates", lambda s, _: self._worlds.spans(s.name), limit=spanning),
            *self._pick("epoch", lambda s, _: ":" in s.version, limit=1),
            *self._pick("all", lambda _, b: _kinds(b) == {"all"}, limit=1),
            *self._pick("any", lambda _, b: "all" not in _kinds(b), limit=1),
        ]
        others = len(self._lost.difference(PREFERRED))
        if others:
            self._say(f"{others} more sources are listed, but the archive does not have them")
        return tuple(chosen)

    def version_sensitive(self) -> Choice | None:
        """A source whose .deb carries the version of a package that differs, or None."""
        carrying = self._indices.carrying_versions(self._worlds.changed_in_base())
        preferred = [name for name in PREFERRED_SENSITIVE if name in carrying]
        for name in chain(preferred, self._smallest(set(carrying) - set(preferred))):
            source = self._indices.newest_source(name)
            if source and self._to_be_had(source) and self._is_small(name):
                self._taken.add(name)
                why = f"its Depends carries the version of {carrying[name]}, which differs"
                return Choice("version-sensitive", source, (), why, carrying[name])
        return None

    def _pick(
        self, role: str, fits: Callable[[Source, tuple[BinaryStanza, ...]], bool], *, limit: int
    ) -> Iterator[Choice]:
        for name in self._candidates():
            if not limit:
                return
            source = None if name in self._taken else self._indices.newest_source(name)
            if source is None or not self._to_be_had(source) or not self._is_small(name):
                continue
            published = self._indices.made_by(source)
            if not fits(source, published):
                continue
            limit -= 1
            self._taken.add(name)
            yield Choice(role, source, published, _WHY[role])

    def _candidates(self) -> tuple[str, ...]:
        """Names that pass every rule that costs nothing to look at, preferred ones first."""
        if not self._standing:
            others = (n for n in self._indices.updated_in_stable() if n not in PREFERRED)
            passing = (name for name in others if self._stands(name))
            preferred = tuple(name for name in PREFERRED if self._stands(name))
            self._standing = preferred + tuple(islice(passing, MAX_TRIED))
        return self._standing

    def _stands(self, name: str) -> bool:
        source = self._indices.newest_source(name)
        if source is None or not source.parsed.files or source.size > MAX_SOURCE_BYTES:
            return False
        return _as_published(source, self._indices.made_by(source))

    def _is_small(self, name: str) -> bool:
        try:
            return len(self._worlds.additions(name)) <= MAX_EXTRA_PACKAGES
        except NotFound:
            return False

    def _to_be_had(self, source: Source) -> bool:
        if source.name in self._lost:
            return False
        if self._available(source):
            return True
        self._lost.add(source.name)
        if source.name in (*PREFERRED, *PREFERRED_SENSITIVE):
            self._say(f"{source.name}: the archive does not have its source, taking another")
        return False

    def _smallest(self, names: set[str]) -> list[str]:
        found = [source for source in map(self._indices.newest_source, sorted(names)) if source]
        single = [source for source in found if len(source.parsed.binaries) == 1]
        return [s.name for s in sorted(single, key=lambda s: s.size)[:MAX_TRIED]]


_WHY = {
    "two-dates": "its build dependencies changed between the dates: no single date has them all",
    "epoch": "its version has an epoch",
    "all": "builds architecture-independent packages only",
    "any": "builds packages of this architecture",
}


def _kinds(published: tuple[BinaryStanza, ...]) -> set[str]:
    return {"all" if b.architecture == "all" else "any" for b in published}


def _as_published(source: Source, published: tuple[BinaryStanza, ...]) -> bool:
    """Whether today's environment should give the published bytes.

    Everything it builds is published from this very version and was not rebuilt (+bN); and it
    was built for a stable update, with the tools of this very release: what was built while the
    release was still in the making often differs, packages for all architectures included.
    """
    names = {binary.name for binary in published}
    if names != set(source.parsed.binaries) or not published:
        return False
    if any(_REBUILD.search(binary.version) for binary in published):
        return False
    return bool(_STABLE_UPDATE.search(source.version))


def closure_of(choices: tuple[Choice, ...], worlds: Worlds) -> frozenset[Package]:
    """Everything the archive must hold so that these can be built at every date."""
    found: set[Package] = set(worlds.base())
    for choice in choices:
        found |= worlds.everything(choice.source.name)
    return frozenset(found)
