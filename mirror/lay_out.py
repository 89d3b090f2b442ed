# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a run's link tree, before it is published and after.

The shared parts (pool names, the tree of each distinct Release) come first: nothing leads to
them yet. After the run is published one rename makes it appear. A sync that dies between the
two leaves a published run without its tree, or with the tree it had before it was widened; the
next one finds it by the note that was made first.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mirror.stores import MirrorStores
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp


def link_shared(
    stores: MirrorStores,
    archive: str,
    stamp: Timestamp,
    releases: Mapping[Digest, Mapping[str, Digest]],
    files: Collection[tuple[str, Digest]],
) -> None:
    """Link what runs share, and make sure it lasts.

    Args:
        stores: With the layout.
        archive: Whose run.
        stamp: Of the run, which `place_run` must follow once it is published.
        releases: Digest of each Release to what is mirrored of its tree.
        files: Package files by path, stored or not.
    """
    if stores.layout is None:
        return
    for digest, tree in releases.items():
        stores.layout.place_release(archive, digest, tree)
    link_pool(stores, archive, files)
    stores.layout.notes(archive).expect_run(stamp)
    stores.layout.sync()


def link_pool(stores: MirrorStores, archive: str, files: Collection[tuple[str, Digest]]) -> None:
    """Give those package files that are stored their names in the pool.

    A name that is reused is noted before its bytes are stored: what the pool says of it already
    must not be served in a run in which it means something else.
    """
    if stores.layout is None:
        return
    reused = stores.catalogue.reused_paths(archive, (path for path, _ in files))
    ready = [
        (path, digest) for path, digest in files if path in reused or stores.blobs.contains(digest)
    ]
    stores.layout.link_files(archive, ready, reused=reused)


def place_missing_runs(stores: MirrorStores, archive: str) -> list[Timestamp]:
    """Make every published run of an archive appear that has not; returns their stamps.

    What was left half made is removed. Call it under the archive's lock.
    """
    if stores.layout is None:
        return []
    stores.layout.sweep(archive)
    placed = []
    expected = stores.layout.notes(archive).expected_run()
    for run in stores.catalogue.runs(archive):
        stamps = (run.timestamp, *run.aliases)
        there = all(stores.layout.has_run(archive, stamp) for stamp in stamps)
        if not there or run.timestamp == expected:
            place_run(stores, archive, run.timestamp, run.aliases)
            placed.append(run.timestamp)
    return placed


def place_run(
    stores: MirrorStores, archive: str, stamp: Timestamp, aliases: Iterable[Timestamp] = ()
) -> None:
    """Make one published run appear, or take its new shape."""
    if stores.layout is None:
        return
    stores.layout.place_run(
        archive,
        stamp,
        suites_of_run(stores, archive, stamp),
        meaning=partial(meaning, stores, archive, stamp),
        aliases=aliases,
        beside=_flat_files(stores, archive, stamp),
    )


def suites_of_run(stores: MirrorStores, archive: str, stamp: Timestamp) -> dict[str, Digest]:
    """Each suite's Release; other names of suites, such as `stable`, lead to the same trees."""
    catalogue = stores.catalogue
    suites = {release.suite: release.inrelease for release in catalogue.releases_at(archive, stamp)}
    for alias, suite in catalogue.suite_aliases(archive, stamp).items():
        if suite in suites:
            suites.setdefault(alias, suites[suite])
    return suites


def meaning(stores: MirrorStores, archive: str, stamp: Timestamp, path: str) -> Digest | None:
    """What a path means in a run."""
    file = stores.catalogue.file_at(archive, stamp, path)
    return None if file is None else file.digest


def _flat_files(stores: MirrorStores, archive: str, stamp: Timestamp) -> dict[str, Digest]:
    """Package files of the run's flat repositories."""
    return {
        file.path: file.digest
        for stream in stores.catalogue.streams_at(archive, stamp)
        if stream.suite.endswith("/")
        for package in stores.catalogue.packages_in(
            archive, stamp, stream.suite, stream.component, stream.architecture
        )
        for file in package.files
    }
