# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling the draft of a run with verified suites and their files, and publishing it.

A sync that finds nothing new never gets here, and does not import it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mirror.capture_report import CaptureReport
from mirror.choose_packages import chosen_files
from mirror.fetch_images import fetch_images
from mirror.gather_files import gather_files
from mirror.gather_records import records_beside
from mirror.keep_package_set import note_complete
from mirror.lay_out import link_shared
from mirror.qubes_upstream import QubesDebian
from mirror.stage_suite import release_tree, stage_suites

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from mirror.verify_suites import KnownRun, Suite
    from snapshot.timestamp import Timestamp
    from storage.catalogue import RunDraft, StoredFile


class RunFiller:
    """Fills runs of one archive.

    Args:
        policy: What to capture.
        upstreams: Where from, in order.
        stores: Where to.
    """

    def __init__(
        self, policy: ArchivePolicy, upstreams: Sequence[Upstream], stores: MirrorStores
    ) -> None:
        self._policy = policy
        self._upstreams = upstreams
        self._stores = stores

    def with_images(self, suites: Iterable[Suite], at: Timestamp | None) -> list[Suite]:
        """Suites with their installer's images: they come before any row, to know their sizes."""
        return [self._with_images(suite, at) for suite in suites]

    def _with_images(self, suite: Suite, at: Timestamp | None) -> Suite:
        name = suite.verified.suite
        images = fetch_images(name, suite.indices, self._upstreams, self._stores, at)
        return replace(suite, images=images) if images else suite

    def fill(
        self,
        draft: RunDraft,
        suites: Sequence[Suite],
        known: KnownRun,
        at: Timestamp | None,
        looked: Timestamp,
    ) -> CaptureReport:
        """Stage, fetch, make durable, publish: in this order."""
        stores, label = self._stores, f"{draft.archive} {draft.timestamp}"
        stores.progress.phase("index", label)
        counts = stage_suites(draft, suites, stores)
        files = self._files(draft, suites)
        stores.progress.phase("fetch", label)
        began = stores.clock()
        gathered = gather_files(files, self._policy, self._upstreams, stores, at)
        seconds = max(0.0, stores.clock() - began)
        bases = [one.base for one in self._upstreams if isinstance(one, QubesDebian)]
        for found in records_beside(bases, (file.path for file in files), stores):
            stores.progress.say(f"{found.name}: {found.added} new build records")
        stores.progress.phase("publish", label)
        link_shared(
            stores,
            draft.archive,
            draft.timestamp,
            {suite.verified.digest: release_tree(suite) for suite in suites},
            [(file.path, file.digest) for file in files],
        )
        stores.catalogue.publish(draft, seen=looked if at is None else None)
        if at is None:
            note_complete(self._policy, stores, draft.timestamp)
        return CaptureReport(
            draft.timestamp,
            parsed=sum(count.parsed for count in counts),
            written=sum(count.written for count in counts),
            files=gathered.files,
            received=gathered.received,
            seconds=seconds,
            missing=len(gathered.missing),
            unchanged=all(map(known.holds, suites)),
        )

    def _files(self, draft: RunDraft, suites: Sequence[Suite]) -> list[StoredFile]:
        """What this run brings: to be fetched, or to be linked because it is here."""
        changed = list(self._stores.catalogue.changed_files(draft))
        if self._policy.package_set is None:
            return changed
        # A new dependency may lead to a package that did not change, so the whole set is looked at.
        here = [file for file in changed if self._stores.blobs.contains(file.digest)]
        return chosen_files(self._policy, suites, self._stores) + here
