# SPDX-License-Identifier: GPL-3.0-or-later
"""Package sets: some packages of an archive, by name, by priority, with what they depend on.

The dependencies are what an index says, taken simply: of each dependency the first alternative
that the index has, in its newest version that fits, else the first package that provides it.
Conflicts are not looked at, and nothing is removed again: the set is what may be needed, not
what apt would install.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from snapshot.deb_version import version_key
from snapshot.digest import Checksums
from snapshot.errors import ConfigurationError
from snapshot.packages import BinaryStanza
from snapshot.relations import Relation, read_relations

_SET = re.compile(r"@(?:essential|build-essential|required|important|standard|section:[!-~]+)")
#: What each priority brings along.
_PRIORITIES = {
    "@required": {"required"},
    "@important": {"required", "important"},
    "@standard": {"required", "important", "standard"},
}


@dataclass(frozen=True, slots=True)
class PackageSet:
    """Which packages of an archive are wanted.

    Attributes:
        words: Names and globs of source or binary packages; `@essential`, `@build-essential`,
            `@required`, `@important`, `@standard` (each with those before it),
            `@section:NAME`.
        exclude: Names and globs of what is not wanted by a word; dependencies stay.
        with_depends: Whether what they depend on is wanted, too.
    """

    words: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    with_depends: bool = False

    def __post_init__(self) -> None:
        for word in self.words:
            if word.startswith("@") and not _SET.fullmatch(word):
                raise ConfigurationError(
                    f"no such package set: {word!r}",
                    advice="@essential, @build-essential, @required, @important, @standard or "
                    "@section:NAME",
                )
        if any(word.startswith("@") for word in self.exclude):
            raise ConfigurationError("only names and globs can be excluded from a package set")

    def names_source(self, name: str) -> bool:
        """Whether a word names this source package."""
        return self._named(name) and not self._excluded(name)

    def holds(self, binary: BinaryStanza) -> bool:
        """Whether a word names this binary package, its source, or a set it is in."""
        if self._excluded(binary.name) or self._excluded(binary.source):
            return False
        if self._named(binary.name) or self._named(binary.source):
            return True
        return any(_in_set(word, binary) for word in self.words if word.startswith("@"))

    def _named(self, name: str) -> bool:
        return any(fnmatchcase(name, word) for word in self.words if not word.startswith("@"))

    def _excluded(self, name: str) -> bool:
        return any(fnmatchcase(name, word) for word in self.exclude)


def _in_set(word: str, binary: BinaryStanza) -> bool:
    if word == "@essential":
        return binary.essential
    if word == "@build-essential":
        return binary.name == "build-essential" or binary.field("Build-Essential") == "yes"
    if word in _PRIORITIES:
        return binary.field("Priority") in _PRIORITIES[word]
    return binary.field("Section").rpartition("/")[2] == word.removeprefix("@section:")


@dataclass(frozen=True, slots=True)
class Listed:
    """What is remembered of a binary package while a set is chosen.

    Attributes:
        name: Package name.
        version: Full version.
        architecture: As the package says.
        source: Its source package.
        source_version: Version of that.
        path: Where its file lies.
        checksums: What it is.
        depends: `Pre-Depends` and `Depends`; empty unless dependencies are wanted.
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    path: str
    checksums: Checksums
    depends: str


@dataclass(slots=True)
class Chooser:
    """Chooses from indices that pass by once.

    Attributes:
        wanted: What is wanted.
        architecture: Whose dependencies count.
        chosen: The packages so far, by path.
        unmet: Dependencies that the indices do not have.
    """

    wanted: PackageSet
    architecture: str
    chosen: dict[str, Listed] = field(default_factory=dict)
    unmet: set[str] = field(default_factory=set)
    _open: list[tuple[Relation, ...]] = field(default_factory=list)
    _known: dict[str, list[Listed]] = field(default_factory=lambda: defaultdict(list))
    _providers: dict[str, list[tuple[Listed, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def take(self, binary: BinaryStanza) -> None:
        """Look at a package of an index."""
        wanted = self.wanted.holds(binary)
        if not wanted and not self.wanted.with_depends:
            return
        listed = Listed(
            name=binary.name,
            version=binary.version,
            architecture=binary.architecture,
            source=binary.source,
            source_version=binary.source_version,
            path=binary.path,
            checksums=binary.checksums,
            depends=binary.depends if self.wanted.with_depends else "",
        )
        if self.wanted.with_depends:
            self._known[listed.name].append(listed)
            for provided in binary.field("Provides").split(","):
                name, _, version = provided.strip().partition(" ")
                if name:
                    self._providers[name].append((listed, version.strip(" (=)")))
        if wanted:
            self._choose(listed)

    def require(self, relations: str) -> None:
        """Want what a field such as `Build-Depends` asks for, too."""
        self._open += read_relations(relations, self.architecture)

    def finish(self) -> list[Listed]:
        """Follow the dependencies; the packages by path."""
        while self._open:
            group = self._open.pop()
            if self._is_met(group):
                continue
            found = next(filter(None, map(self._find, group)), None)
            if found is None:
                self.unmet.add(" | ".join(one.name for one in group))
            else:
                self._choose(found)
        return [self.chosen[path] for path in sorted(self.chosen)]

    def _choose(self, listed: Listed) -> None:
        if listed.path not in self.chosen:
            self.chosen[listed.path] = listed
            if listed.depends:
                self._open += read_relations(listed.depends, self.architecture)

    def _is_met(self, group: Iterable[Relation]) -> bool:
        """The first alternative that there is must be chosen: a later one would not be apt's."""
        for relation in group:
            candidates = list(self._answers(relation))
            if candidates:
                return any(one.path in self.chosen for one in candidates)
        return False

    def _find(self, relation: Relation) -> Listed | None:
        real = [one for one in self._known.get(relation.name, ()) if relation.accepts(one.version)]
        if real:
            return max(real, key=lambda one: (version_key(one.version), one.path))
        return min(self._answers(relation), key=lambda one: one.path, default=None)

    def _answers(self, relation: Relation) -> Iterator[Listed]:
        for one in self._known.get(relation.name, ()):
            if relation.accepts(one.version):
                yield one
        for one, version in self._providers.get(relation.name, ()):
            if not relation.operator or (version and relation.accepts(version)):
                yield one
