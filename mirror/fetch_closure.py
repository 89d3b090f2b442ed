# SPDX-License-Identifier: GPL-3.0-or-later
"""Making a closure whole: its texts stored, its blobs pinned, and only then what lacks fetched."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.find_blob import find_blob
from mirror.gather_files import gather_wanted
from mirror.lay_out import link_pool
from mirror.lock import exclusive, storing
from mirror.prove_closure import prove_closure
from mirror.remote_file import RemoteFile
from mirror.resolve_closure import ResolvedClosure, resolve_closure
from snapshot.closure import NO_ARCHIVE, Definition, Manifest
from snapshot.coordinates import checked_name
from snapshot.digest import Checksums
from snapshot.errors import NotFound, PermanentError
from snapshot.timestamp import Timestamp
from storage.blobs import describe
from storage.blobs.disk_errors import disk_errors
from storage.catalogue import ClosureRecord
from storage.catalogue.closures import holder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.closure import ManifestLine
    from snapshot.digest import Digest


@dataclass(frozen=True, slots=True)
class ClosureReport:
    """What a closure is now.

    Attributes:
        name: Its name.
        resolved: What it comes to.
        fetched: Files that came now.
        received: Bytes that crossed the network for them.
        lacking: Files that are still not here, because no upstream has them.
    """

    name: str
    resolved: ResolvedClosure
    fetched: int
    received: int
    lacking: tuple[ManifestLine, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was wanted is known and here."""
        return not self.resolved.gaps and not self.lacking


def read_definition(stores: MirrorStores, name: str) -> Definition:
    """What a closure is to hold.

    Raises:
        NotFound: There is none of that name.
    """
    record = _known(stores, name)
    return Definition.from_text(_read(stores, record.definition), f"closure {name}")


def read_manifest(stores: MirrorStores, name: str) -> Manifest:
    """The files of a closure, as of the last time it was made whole.

    Raises:
        NotFound: There is none of that name.
    """
    record = _known(stores, name)
    return Manifest.from_text(_read(stores, record.manifest), f"manifest of {name}")


def keep_closure(
    stores: MirrorStores, name: str, definition: Definition, *, adding: bool = False
) -> ResolvedClosure:
    """Resolve a closure, store its texts and pin its blobs; fetches nothing.

    Args:
        stores: Where to.
        name: Of the closure.
        definition: What it is to hold; its records are stored.
        adding: Whether what it held stays in it; otherwise that is replaced.

    Raises:
        InvalidInput: A name that cannot be one, or a record that is none.
    """
    with _alone(stores, name):
        return _keep(stores, name, _whole(stores, name, definition, adding=adding))


@contextmanager
def _alone(stores: MirrorStores, name: str) -> Iterator[None]:
    """Be the only one who changes a closure, while nobody collects what it is about to pin."""
    lock = stores.locks / f"closure-{checked_name(name, 'closure')}.lock"
    with (
        storing(stores.locks, f"closure {name}"),
        exclusive(lock, f"closure {name}", now=stores.clock(), wait=True),
    ):
        yield


def _whole(
    stores: MirrorStores, name: str, definition: Definition | None, *, adding: bool
) -> Definition:
    """What a closure is to hold from now on; asked for while nobody else changes it."""
    if definition is None:
        return read_definition(stores, name)
    if not adding or stores.catalogue.closures.get(name) is None:
        return definition
    return read_definition(stores, name).joined(definition)


def _keep(stores: MirrorStores, name: str, definition: Definition) -> ResolvedClosure:
    blobs, catalogue = stores.blobs, stores.catalogue
    resolved = resolve_closure(definition, catalogue, blobs)
    now = Timestamp(int(stores.clock()))
    texts = [definition.text(), resolved.manifest.text()]
    texts += [environment.text() for environment in resolved.environments.values()]
    stored = [blobs.add([text]) for text in texts]
    catalogue.record_blobs(stored)
    record = ClosureRecord(name, stored[0].digest, stored[1].digest, now)
    pinned = {blob.digest for blob in stored} | resolved.manifest.digests
    for run in prove_closure(catalogue, resolved):
        pinned |= {member.digest for member in run.members}
    catalogue.closures.put(record, pinned)
    for environment in resolved.environments.values():
        catalogue.add_environment(environment, now=now, holder=holder_of(name))
    return resolved


def fetch_closure(
    stores: MirrorStores,
    policies: Iterable[ArchivePolicy],
    name: str,
    definition: Definition | None = None,
    *,
    adding: bool = False,
) -> ClosureReport:
    """Make a closure whole. Killed at any instant, the same again finishes it.

    Args:
        stores: Where to; its fetcher asks the upstreams.
        policies: Where each archive comes from.
        name: Of the closure.
        definition: What it is to hold from now on; default: what it did.
        adding: Whether what it held stays in it, too.

    Raises:
        NotFound: There is none of that name.
        TransientError: Files did not come, for reasons that pass; those that came are kept.
        CorruptUpstream: Files came that contradict the index; none of those was stored.
        StorageFull: No room; those that came are kept.
    """
    with _alone(stores, name):
        stores.progress.phase("resolve", name)
        stores.blobs.recover()
        resolved = _keep(stores, name, _whole(stores, name, definition, adding=adding))
        files = list(resolved.files.values())
        _record_stored(stores, files)
        wanted = _wanted(stores, {policy.name: policy for policy in policies}, files)
        stores.progress.phase("fetch", name)
        try:
            gathered = gather_wanted(wanted, stores)
        finally:
            _link(stores, files)
        lacking = [file for file in files if not stores.blobs.contains(file.digest)]
        report = ClosureReport(
            name, resolved, gathered.files, gathered.received, tuple(sorted(lacking, key=_place))
        )
        with disk_errors(stores.locks, f"noting closure {name}"):
            _settled_note(stores, name).write_text(_state(stores, name), encoding="ascii")
        return report


def is_settled(stores: MirrorStores, name: str) -> bool:
    """Whether nothing has changed since a closure was made as whole as it can be.

    That is: the same definition and files, the same runs, and nothing more is here or gone. What
    no upstream had is asked for again with the next run. One whose texts are lost or damaged is
    not: making it whole puts that right, or says why not.
    """
    try:
        return _settled_note(stores, name).read_text(encoding="ascii") == _state(stores, name)
    except (OSError, UnicodeDecodeError, PermanentError):
        return False


def _settled_note(stores: MirrorStores, name: str) -> Path:
    return stores.locks / f"closure-{checked_name(name, 'closure')}.done"


def _state(stores: MirrorStores, name: str) -> str:
    record = _known(stores, name)
    runs = [f"{one.name} {one.last} {one.runs}" for one in stores.catalogue.archives()]
    here = sum(map(stores.blobs.contains, read_manifest(stores, name).digests))
    return f"{record.definition} {record.manifest} {here} {' '.join(runs)}\n"


def _known(stores: MirrorStores, name: str) -> ClosureRecord:
    record = stores.catalogue.closures.get(name)
    if record is None:
        names = ", ".join(one.name for one in stores.catalogue.closures.all())
        raise NotFound(f"there is no closure {name}", advice=f"Known: {names or 'none'}.")
    return record


def _read(stores: MirrorStores, digest: Digest) -> bytes:
    with stores.blobs.open(digest) as reader:
        return b"".join(reader)


def _record_stored(stores: MirrorStores, files: Iterable[ManifestLine]) -> None:
    """What a fetch that was killed had stored before it could say so."""
    digests = {file.digest for file in files}
    stores.catalogue.record_blobs(
        describe(stores.blobs, digest)
        for digest in digests - stores.catalogue.present(digests)
        if stores.blobs.contains(digest)
    )


def _wanted(
    stores: MirrorStores, policies: Mapping[str, ArchivePolicy], files: Iterable[ManifestLine]
) -> list[RemoteFile]:
    wanted = []
    for file in files:
        if file.archive == NO_ARCHIVE or stores.blobs.contains(file.digest):
            continue
        places = stores.catalogue.locations(file.digest)
        known = tuple(place for place in places if place.coordinates.archive in policies)
        remote = find_blob(stores.catalogue, policies, known, file.digest) if known else None
        wanted.append(remote or RemoteFile(file.path, (), Checksums(file.size, file.digest)))
    return sorted(wanted, key=lambda remote: remote.name)


def _link(stores: MirrorStores, files: Iterable[ManifestLine]) -> None:
    """Give what is here its names in the pools, so that a plain web server serves it."""
    if stores.layout is None:
        return
    by_archive: dict[str, list[tuple[str, Digest]]] = {}
    for file in files:
        if file.archive != NO_ARCHIVE and stores.blobs.contains(file.digest):
            by_archive.setdefault(file.archive, []).append((file.path, file.digest))
    for archive, pairs in sorted(by_archive.items()):
        link_pool(stores, archive, pairs)
    stores.layout.sync()


def _place(file: ManifestLine) -> tuple[str, str]:
    return file.archive, file.path
