# SPDX-License-Identifier: GPL-3.0-or-later
"""Capturing one run of an archive: whole, or not at all.

Order is what makes it so: Releases and indices are verified before a row is written; rows
are staged in a draft nobody sees; files are durable before anything refers to them; one
short transaction publishes; one rename makes the tree appear.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mirror.capture_report import CaptureReport
from mirror.lay_out import place_run
from mirror.verify_suites import SuiteVerifier
from mirror.weak_digests import proof_of, run_trust
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from mirror.verify_suites import Suite
    from storage.catalogue import Trust


class Capture:
    """Captures runs of one archive.

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
        self._verifier = SuiteVerifier(policy, upstreams, stores)

    def run(self, at: Timestamp | None, *, believed: bool = True) -> CaptureReport:
        """Capture the archive as it is, or as it was at a stamp of a dated upstream.

        Args:
            at: The stamp; None for now.
            believed: Whether the upstream is believed that it was so at that stamp, even where
                a newer run that is here has answered for it. No signature says it.

        Raises:
            VerificationError: Something does not follow from a signature we believe.
            TransientError: An upstream did not answer; run the same again, it resumes.
            StorageFull: No room; what was stored is kept.
        """
        stores, name = self._stores, self._policy.name
        looked = Timestamp(int(stores.clock()))
        stores.progress.phase("verify", f"{name} {at or 'now'}")
        known = self._verifier.known(at)
        suites = self._verifier.verify(at, known)
        # A run with all that is wanted now says so: it is published again though nothing came.
        if (
            at is None
            and known.stamp is not None
            and known.is_whole
            and all(map(known.holds, suites))
        ):
            return self._unchanged(known.stamp, suites, looked)
        # Most syncs find nothing new: importing what only the others need is left to those.
        from mirror.fill_run import RunFiller  # noqa: PLC0415

        filler = RunFiller(self._policy, self._upstreams, stores)
        suites = filler.with_images(suites, at)
        stores.blobs.sync()  # rows are about to name these files
        self._remember(suites)
        stamp = self._stamp(suites, known.stamp if at is None else None, at)
        others = self._other_stamps(stamp, at, believed=believed)
        draft = stores.catalogue.begin_run(
            name,
            stamp,
            trust=self._trust(suites),
            origin=self._policy.upstreams[0],
            aliases=others,
            scope=self._policy.scope,
        )
        try:
            report = filler.fill(draft, suites, known, at, looked)
        except BaseException:
            with suppress(DejabuildError):
                stores.catalogue.abandon(draft)
            raise
        place_run(stores, name, draft.timestamp, others)
        return report

    def _trust(self, suites: Sequence[Suite]) -> Trust:
        proofs = [
            proof_of(suite.verified.release, suite.verified.suite, self._policy) for suite in suites
        ]
        return run_trust(proofs, self._policy)

    def _unchanged(
        self, stamp: Timestamp, suites: Sequence[Suite], looked: Timestamp
    ) -> CaptureReport:
        """Nothing new: only "observed until" moves, unless a package set has grown."""
        report = CaptureReport(stamp, unchanged=True)
        if self._policy.package_set is not None:
            from mirror.keep_package_set import complete_package_set  # noqa: PLC0415  as above

            gathered = complete_package_set(
                self._policy, suites, self._upstreams, self._stores, stamp
            )
            report = replace(
                report,
                files=gathered.files,
                received=gathered.received,
                missing=len(gathered.missing),
            )
        self._observed(suites, looked)
        self._remember(suites)
        return report

    def _observed(self, suites: Iterable[Suite], looked: Timestamp) -> None:
        """Until when these Releases were the upstream's newest, as far as we know."""
        self._stores.catalogue.observed_again(
            self._policy.name,
            {suite.verified.suite: suite.verified.digest for suite in suites},
            looked,
        )

    def _remember(self, suites: Iterable[Suite]) -> None:
        """What upstreams call these Releases; they are durable."""
        self._stores.catalogue.remember_validators(
            [one for suite in suites for one in suite.verified.validators]
        )

    def _stamp(
        self, suites: Sequence[Suite], newest: Timestamp | None, at: Timestamp | None
    ) -> Timestamp:
        """The newest `Date` of the members; a second later each time that is taken otherwise.

        A run of the past that is here already keeps its stamp, whatever it is widened by.

        A suite may change while a newer one stays, so that the newest date stays too. What is
        seen now is never dated before what was seen earlier (`newest`): a suite that the policy
        no longer names may have had the newest date.
        """
        if at is not None:
            run = self._stores.catalogue.run_at(self._policy.name, at)
            if run is not None and at in run.stamps:
                return run.timestamp
        stamp = max(suite.verified.release.date for suite in suites)
        stamp = max(stamp, newest or stamp)
        while not self._is_free(stamp, suites):
            stamp = Timestamp(stamp.epoch + 1)
        return stamp

    def _other_stamps(
        self, stamp: Timestamp, at: Timestamp | None, *, believed: bool
    ) -> tuple[Timestamp, ...]:
        """The upstream's own stamp of the run, if it may have it."""
        if at is None:
            return ()
        before = self._stores.catalogue.run_at(self._policy.name, at)
        moves = before is not None and before.timestamp > stamp
        return () if moves and not believed else (at,)

    def _is_free(self, stamp: Timestamp, suites: Iterable[Suite]) -> bool:
        """Whether no published run of that stamp has other Releases of these suites."""
        there = {
            release.suite: release.inrelease
            for release in self._stores.catalogue.releases_at(self._policy.name, stamp)
        }
        return all(
            there.get(suite.verified.suite, suite.verified.digest) == suite.verified.digest
            for suite in suites
        )
