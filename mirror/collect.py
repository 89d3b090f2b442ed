# SPDX-License-Identifier: GPL-3.0-or-later
"""Freeing bytes that nothing needs: look, compare with what is needed, take away.

Needed is what kept runs have, what is pinned, what records, environments, closures and evidence
refer to, and what an unpublished run is being filled with. Everything else that was stored before
the grace period began goes.

What makes it safe: nobody who relies on bytes that are here (`mirror.lock.storing`) runs at the
same time; what is needed is asked again right before bytes go; and the catalogue says "removed"
before they do, so that a crash leaves bytes too many, never a promise too many.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from mirror.lock import collection_lock, exclusive
from snapshot.digest import Digest
from snapshot.environment import Environment
from snapshot.errors import InvalidInput, NotFound
from storage.catalogue import BlobState
from storage.catalogue.statistics import Amount
from storage.marks import Marks
from storage.prune_layout import unlink_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from snapshot.timestamp import Timestamp
    from storage.blobs import BlobStore, StoredBlob
    from storage.catalogue import Catalogue
    from storage.layout import Layout
    from storage.ledger import Ledger

#: Blobs of one question and of one transaction.
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class CollectStores:
    """What a collection works on.

    Attributes:
        catalogue: What runs, records and pins need.
        ledger: What evidence and jobs need.
        blobs: What there is.
        layout: Link trees; None where blobs are not local files.
        locks: Directory of lock files.
        clock: Epoch seconds.
    """

    catalogue: Catalogue
    ledger: Ledger
    blobs: BlobStore
    layout: Layout | None
    locks: Path
    clock: Callable[[], float]


@dataclass(slots=True)
class Collection:
    """What a collection found, and whether it took it away.

    Attributes:
        stored: Every blob there is.
        packages: To go: package files that only removed runs have, or none.
        others: To go: indices of removed runs, evicted environments, leftovers.
        young: Needed by nothing, and stored within the grace period: they stay for now.
        unfinished: Interrupted uploads and downloads from before the grace period.
        deleted: Whether what had to go went; otherwise this is a preview.
    """

    stored: Amount = field(default_factory=Amount)
    packages: Amount = field(default_factory=Amount)
    others: Amount = field(default_factory=Amount)
    young: Amount = field(default_factory=Amount)
    unfinished: Amount = field(default_factory=Amount)
    deleted: bool = False

    @property
    def files(self) -> int:
        """Blobs to go."""
        return self.packages.count + self.others.count

    @property
    def size(self) -> int:
        """Their bytes."""
        return self.packages.size + self.others.size


def collect(
    stores: CollectStores,
    *,
    grace: float,
    most: float,
    delete: bool,
    leaving: Mapping[str, tuple[Timestamp, ...]] | None = None,
) -> Collection:
    """Find what nothing needs and, if so told, take it away.

    Args:
        stores: What to look at.
        grace: Seconds for which bytes stay after they were stored, needed or not.
        most: Share of all blobs, or of their bytes, beyond which nothing is taken: more often a
            wrong setting or a lost database than what was meant.
        delete: False only counts, changes nothing and waits for nobody.
        leaving: Runs to be counted as removed, by archive: a preview of keep rules.

    Raises:
        Busy: Another collection, or somebody who stores, is at work.
        InvalidInput: More than `most` would go.
    """
    now = stores.clock()
    lock = collection_lock(stores.locks)
    what = "collecting bytes that nothing needs"
    others = "a sync, or another collection,"
    with exclusive(lock, what, now=now, others=others) if delete else nullcontext():
        if delete:
            stores.blobs.recover()
        found = Collection()
        finder = _Finder(stores, now - grace, leaving or {})
        before = finder.survey(found)
        if delete:
            _refuse_wipe(found, most)
            _Sweeper(stores, finder).sweep(before)
        files, size = stores.blobs.tidy(now - grace, remove=delete)
        found.unfinished = Amount(files, size)
        found.deleted = delete
        return found


def _refuse_wipe(found: Collection, most: float) -> None:
    share = max(
        found.files / (found.stored.count or 1),
        found.size / (found.stored.size or 1),
    )
    if share > most:
        raise InvalidInput(
            f"{found.files:,} of {found.stored.count:,} blobs ({found.size:,} of "
            f"{found.stored.size:,} bytes) would go: {share:.0%}, and {most:.0%} is the limit",
            advice="If that is right, run it again with --force. If not: are the keep rules, the "
            "data directory and the databases the right ones?",
        )


class _Finder:
    """Tells what may go.

    Args:
        stores: What to look at.
        before: Epoch second; what was stored later stays.
        leaving: Runs that count as removed.
    """

    def __init__(
        self, stores: CollectStores, before: float, leaving: Mapping[str, tuple[Timestamp, ...]]
    ) -> None:
        self._stores = stores
        self._before = before
        self._leaving = leaving
        self._marks = Marks(self._needed())

    def survey(self, found: Collection) -> bytes:
        """Look at every blob; returns what may go, 32 bytes each, in order."""
        candidates = bytearray()
        for part in _parts(iter(self._stores.blobs.stored())):
            free = self.unneeded(part)
            packages = self._stores.catalogue.needed.packages(one.digest for one in free)
            going = {one.digest for one in free}
            for one in part:
                found.stored.add(one.size)
                if one.digest not in going:
                    continue
                if one.stored > self._before:
                    found.young.add(one.size)
                    continue
                (found.packages if one.digest in packages else found.others).add(one.size)
                candidates += one.digest.raw
        return bytes(candidates)

    def unneeded(self, blobs: list[StoredBlob]) -> list[StoredBlob]:
        """Those that nothing needs, and those that must not be given, whoever needs them."""
        catalogue = self._stores.catalogue
        unmarked = [one for one in blobs if one.digest not in self._marks]
        wanted = catalogue.needed.files((one.digest for one in unmarked), self._leaving)
        free = {one.digest for one in unmarked} - wanted
        free |= catalogue.removals.withheld(one.digest for one in blobs)
        return [one for one in blobs if one.digest in free]

    def again(self) -> _Finder:
        """The same question, with what is needed by now."""
        return _Finder(self._stores, self._before, self._leaving)

    def is_old(self, blob: StoredBlob) -> bool:
        """Whether the grace period is over."""
        return blob.stored <= self._before

    def _needed(self) -> Iterator[bytes]:
        catalogue = self._stores.catalogue
        yield from catalogue.needed.digests(self._leaving)
        for digest in self._stores.ledger.needed_digests():
            yield digest.raw
        for identity in catalogue.needed.environments():
            try:
                with self._stores.blobs.open(identity) as reader:
                    environment = Environment.from_text(reader.read())
            except NotFound:
                continue  # its text is lost, and with it what it needs
            for member in environment.members:
                yield member.digest.raw


class _Sweeper:
    """Takes blobs away, some thousand at a time.

    Args:
        stores: Where from.
        finder: What was found to be unneeded; asked again.
    """

    def __init__(self, stores: CollectStores, finder: _Finder) -> None:
        self._stores = stores
        self._finder = finder

    def sweep(self, candidates: bytes) -> None:
        finder = self._finder.again()
        digests = _digests(candidates)
        while part := list(islice(digests, _AT_ONCE)):
            there = [one for digest in part if (one := self._stores.blobs.look(digest))]
            old = [one for one in there if finder.is_old(one)]
            self._take([one.digest for one in finder.unneeded(old)])

    def _take(self, digests: list[Digest]) -> None:
        """The word first, the names next, the bytes last."""
        stores = self._stores
        stores.catalogue.set_blob_state(digests, BlobState.REMOVED)
        for digest in digests:
            # Some thousand take a while: a server may have been given this one again by now.
            found = stores.blobs.look(digest)
            if found is not None and not self._finder.is_old(found):
                stores.catalogue.set_blob_state([digest], BlobState.PRESENT)
                continue
            discard(digest, stores.catalogue, stores.blobs, stores.layout)


def discard(digest: Digest, catalogue: Catalogue, blobs: BlobStore, layout: Layout | None) -> None:
    """Take the names of some bytes out of the link trees, and then the bytes, if they are here.

    A name that stayed would give them again as soon as anybody brings them.
    """
    if layout is not None:
        for place in catalogue.locations(digest):
            unlink_file(layout.root, place.coordinates.archive, place.file.path, digest)
    if blobs.contains(digest):
        blobs.delete(digest)


def _parts(blobs: Iterator[StoredBlob]) -> Iterator[list[StoredBlob]]:
    while part := list(islice(blobs, _AT_ONCE)):
        yield part


def _digests(raws: bytes) -> Iterator[Digest]:
    for start in range(0, len(raws), 32):
        yield Digest.from_raw(raws[start : start + 32])
