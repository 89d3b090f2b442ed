# SPDX-License-Identifier: GPL-3.0-or-later
"""The link trees of an archive held against its catalogue, and made again from it."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from mirror.findings import Finding
from mirror.lay_out import link_pool, meaning, place_run, suites_of_run
from storage.catalogue import BlobState
from storage.check_layout import LayoutCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mirror.stores import MirrorStores
    from snapshot.digest import Digest
    from snapshot.timestamp import Timestamp
    from storage.catalogue import RunRecord
    from storage.check_layout import LinkFault
    from storage.layout import Layout


class LinkVerifier:
    """Checks, and repairs, every link of one archive. Call it under the archive's lock.

    Args:
        stores: Catalogue and blobs.
        layout: Their link trees.
        archive: Whose.
        runs: Its kept runs.
        trees: Digest of each distinct Release to what is mirrored of its directory.
    """

    def __init__(
        self,
        stores: MirrorStores,
        layout: Layout,
        archive: str,
        runs: Sequence[RunRecord],
        trees: Mapping[Digest, Mapping[str, Digest]],
    ) -> None:
        self._stores = stores
        self._layout = layout
        self._archive = archive
        self._runs = runs
        self._trees = trees
        self._check = LayoutCheck(layout, archive)

    def run(self, *, repair: bool) -> list[Finding]:
        """Look at every link.

        Args:
            repair: Make again what is not as it should be; what remains is not `repaired`.
        """
        found = list(self._faults())
        left: set[str] = set()
        if repair and found:
            for fault, stamp in found:
                if stamp is not None:
                    self._check.remove_run(stamp)
                elif fault.fault in {"wrong", "extra"}:
                    self._check.remove(fault)
            self._make_links()
            left = {fault.path for fault, _ in self._faults()}
        return [
            Finding(
                self._archive,
                stamp,
                fault.path,
                "link",
                f"{fault.fault}: leads to {fault.target}" if fault.target else fault.fault,
                repaired=repair and fault.path not in left,
            )
            for fault, stamp in found
        ]

    def _faults(self) -> Iterator[tuple[LinkFault, Timestamp | None]]:
        check = self._check
        owners = Counter(alias for run in self._runs for alias in run.aliases)
        for run in self._runs:
            at = run.timestamp
            # One that two runs have leads to whichever was placed last.
            aliases = [alias for alias in run.aliases if owners[alias] == 1]
            suites = suites_of_run(self._stores, self._archive, at)
            means = partial(meaning, self._stores, self._archive, at)
            yield from ((fault, at) for fault in check.run(at, suites, aliases, means))
        for release, files in self._trees.items():
            yield from ((fault, None) for fault in check.release(release, files))
        stamps = {stamp for run in self._runs for stamp in (run.timestamp, *run.aliases)}
        yield from ((fault, None) for fault in check.stray_runs(stamps))
        yield from ((fault, None) for fault in check.pool(self._pool()))

    def _pool(self) -> dict[str, dict[str, bool]]:
        """Path in the pool to what it may mean, and whether that is stored."""
        pool: dict[str, dict[str, bool]] = {}
        for file in self._stores.catalogue.inventory.files_of(self._archive):
            if file.path.startswith("pool/"):
                held = file.state is BlobState.PRESENT
                pool.setdefault(file.path, {})[file.digest.hex] = held
        return pool

    def _make_links(self) -> None:
        for release, tree in self._trees.items():
            self._layout.place_release(self._archive, release, tree)
        files = self._stores.catalogue.inventory.files_of(self._archive)
        link_pool(self._stores, self._archive, [(file.path, file.digest) for file in files])
        for run in self._runs:
            place_run(self._stores, self._archive, run.timestamp, run.aliases)
        self._layout.sync()
