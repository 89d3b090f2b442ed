# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing what to rebuild: from the lists of a run, by names and globs.

A source package becomes one target per architecture it was built on: what is `Architecture:
all` is another build than what is `amd64`, and other workers may do it. The input is the build
record when we hold one; else the `.dsc`, and the environment is derived from the dated suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import basename
from typing import Protocol

from snapshot.digest import Digest
from snapshot.timestamp import Timestamp
from snapshot.verdict import Original
from storage.ledger.values import Derived, NewArtifact, NewTarget


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file that an index of a published run names.

    Attributes:
        digest: Its SHA-256.
        size: Its bytes.
        path: Relative to the archive's root.
        name: Package name; the source's for a file of a source.
        version: Its version.
        architecture: As the package says; `source` for a file of a source.
        source: Source package name.
        source_version: Version of that source.
        verified: Whether a signature vouches for the index.
    """

    digest: Digest
    size: int
    path: str
    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    verified: bool


class Listing(Protocol):
    """What the archive half can list."""

    def packages_in(
        self, archive: str, stamp: Timestamp, suite: str, component: str, architecture: str
    ) -> Iterable[ListedFile]:
        """Files of one stream as a run saw it; `source` lists every file of each source."""
        ...


@dataclass(frozen=True, slots=True)
class RunSelection:
    """Which packages of which run.

    Attributes:
        archive: Our archive name.
        stamp: Of the run.
        suite: The release whose packages are to be reproduced.
        component: One of its components.
        architectures: Binary architectures, `all` named explicitly.
        include: Globs on source names, of which one must match.
        exclude: Globs on source names, of which none may match; they win.
        names: Exact source names with their version, or None for any; empty: no such list.
        derive_suites: Pairs (suite, component) the environment is derived from; empty: the
            suite and component themselves.
        distribution: rebuilderd's word for where this comes from.
    """

    archive: str
    stamp: Timestamp
    suite: str
    component: str
    architectures: tuple[str, ...]
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    names: Mapping[str, str | None] = field(default_factory=dict)
    derive_suites: tuple[tuple[str, str], ...] = ()
    distribution: str = "debian"

    def takes(self, source: str, version: str) -> bool:
        """Whether a source package is chosen."""
        if self.names and (source not in self.names or self.names[source] not in (None, version)):
            return False
        if any(fnmatchcase(source, glob) for glob in self.exclude):
            return False
        return any(fnmatchcase(source, glob) for glob in self.include)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was chosen and cannot be a target."""

    source: str
    version: str
    why: str


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection found.

    Attributes:
        targets: By source name.
        skipped: What was left out, with the reason.
    """

    targets: tuple[NewTarget, ...]
    skipped: tuple[Skipped, ...]


def targets_from_run(listing: Listing, selection: RunSelection) -> Selected:
    """Targets for the chosen source packages of one component of a run.

    Args:
        listing: The catalogue.
        selection: Which packages.
    """
    where = (selection.archive, selection.stamp, selection.suite, selection.component)
    dscs = {
        (file.source, file.source_version): file
        for file in listing.packages_in(*where, "source")
        if file.path.endswith(".dsc") and selection.takes(file.source, file.source_version)
    }
    groups: dict[tuple[str, str, str], dict[str, ListedFile]] = {}
    for architecture in selection.architectures:
        for file in listing.packages_in(*where, architecture):
            # Indices of an architecture list its `all` packages too: each file counts once.
            if file.architecture not in selection.architectures:
                continue
            if selection.takes(file.source, file.source_version):
                key = (file.source, file.source_version, file.architecture)
                groups.setdefault(key, {})[file.path] = file
    return _targets(dscs, groups, selection)


def _targets(
    dscs: Mapping[tuple[str, str], ListedFile],
    groups: Mapping[tuple[str, str, str], Mapping[str, ListedFile]],
    selection: RunSelection,
) -> Selected:
    targets: list[NewTarget] = []
    skipped: list[Skipped] = []
    for (source, version, architecture), files in sorted(groups.items()):
        dsc = dscs.get((source, version))
        rebuilt = [f for f in files.values() if is_binary_only(f)]
        if dsc is None:
            skipped.append(Skipped(source, version, "its source is not in this component"))
        elif rebuilt:
            skipped.append(
                Skipped(source, version, f"{architecture} was rebuilt alone: that needs a record")
            )
        else:
            targets.append(_target(dsc, architecture, list(files.values()), selection))
    return Selected(tuple(targets), tuple(skipped))


def is_binary_only(file: ListedFile) -> bool:
    """Whether a package comes from a rebuild with a changelog that no source holds."""
    _, separator, number = file.version.rpartition("+b")
    return bool(separator) and number.isdigit() and file.version != file.source_version


def _target(
    dsc: ListedFile,
    architecture: str,
    files: Sequence[ListedFile],
    selection: RunSelection,
) -> NewTarget:
    suites = selection.derive_suites or ((selection.suite, selection.component),)
    return NewTarget(
        kind="source",
        distribution=selection.distribution,
        source=dsc.source,
        version=dsc.source_version,
        architecture=architecture,
        input_name=basename(dsc.path),
        input_digest=dsc.digest,
        artifacts=tuple(
            _artifact(file, selection.component) for file in sorted(files, key=lambda f: f.path)
        ),
        build="all" if architecture == "all" else "any",
        derive=Derived(selection.archive, str(selection.stamp), suites),
        release=selection.suite,
    )


def _artifact(file: ListedFile, component: str) -> NewArtifact:
    return NewArtifact(
        file_name=basename(file.path),
        name=file.name,
        version=file.version,
        architecture=file.architecture,
        sha256=file.digest,
        size=file.size,
        origin=Original.INDEX if file.verified else Original.RECORD,
        component=component,
    )
