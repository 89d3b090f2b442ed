# SPDX-License-Identifier: GPL-3.0-or-later
"""Capturing one run of an archive: whole, or not at all.

Order is what makes it so: Releases and indices are verified before a row is written; rows
are staged in a draft nobody sees; files are durable before anything refers to them; one
short transaction publishes; one rename makes the tree appear.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mirror.choose_packages import chosen_files
from mirror.fetch_images import fetch_images
from mirror.gather_files import gather_files
from mirror.gather_records import records_beside
from mirror.keep_package_set import complete_package_set, note_complete
from mirror.lay_out import link_shared, place_run
from mirror.qubes_upstream import QubesDebian
from mirror.verify_chain import index_digest, plain_index
from mirror.verify_suites import SuiteVerifier
from mirror.weak_digests import proof_of, run_trust
from snapshot.coordinates import suite_directory
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp
from storage.catalogue import ReleaseRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from mirror.upstream import Upstream
    from mirror.verify_suites import KnownRun, Suite
    from snapshot.digest import Digest
    from storage.catalogue import ImportCounts, RunDraft, StoredFile, Trust


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """What one run cost.

    Attributes:
        stamp: Of the run.
        parsed: Stanzas that had never been seen.
        written: Rows written for its indices.
        files: Package files fetched.
        received: Bytes that crossed the network for them.
        seconds: How long they took.
        missing: Files that no upstream has.
        unchanged: Whether everything was known: nothing but Releases was asked for.
    """

    stamp: Timestamp
    parsed: int = 0
    written: int = 0
    files: int = 0
    received: int = 0
    seconds: float = 0.0
    missing: int = 0
    unchanged: bool = False


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
        suites = [self._with_images(suite, at) for suite in suites]
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
            report = self._fill(draft, suites, known, at, looked)
        except BaseException:
            with suppress(DejabuildError):
                stores.catalogue.abandon(draft)
            raise
        place_run(stores, name, draft.timestamp, others)
        return report

    def _with_images(self, suite: Suite, at: Timestamp | None) -> Suite:
        """The installer's images come before any row: only then their sizes are known."""
        name = suite.verified.suite
        images = fetch_images(name, suite.indices, self._upstreams, self._stores, at)
        return replace(suite, images=images) if images else suite

    def _trust(self, suites: Sequence[Suite]) -> Trust:
        proofs = [
            proof_of(suite.verified.release, suite.verified.suite, self._policy) for suite in suites
        ]
        return run_trust(proofs, self._policy)

    def _unchanged(
        self, stamp: Timestamp, suites: Sequence[Suite], looked: Timestamp
    ) -> CaptureReport:
        """Nothing new: only "observed until" moves, unless a package set has grown."""
        gathered = complete_package_set(self._policy, suites, self._upstreams, self._stores, stamp)
        self._observed(suites, looked)
        self._remember(suites)
        return CaptureReport(
            stamp,
            files=gathered.files,
            received=gathered.received,
            missing=len(gathered.missing),
            unchanged=True,
        )

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

    def _fill(
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
        aliases = _aliases(suites)
        counts = [
            count
            for suite in suites
            for count in self._stage(draft, suite, aliases[suite.verified.suite])
        ]
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
            {suite.verified.digest: _tree(suite) for suite in suites},
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

    def _stage(
        self, draft: RunDraft, suite: Suite, aliases: tuple[str, ...]
    ) -> Iterator[ImportCounts]:
        """Put one suite into the draft."""
        catalogue, blobs = self._stores.catalogue, self._stores.blobs
        release = suite.verified.release
        catalogue.record_blobs([index.blob for index in suite.indices])
        catalogue.record_blobs(suite.verified.blobs.values())
        catalogue.record_blobs(suite.images.values())
        catalogue.stage_release(
            draft,
            ReleaseRecord(
                suite=suite.verified.suite,
                inrelease=suite.verified.digest,
                date=release.date,
                valid_until=release.valid_until,
                fingerprint=suite.verified.fingerprint,
                files={path: (digest, blobs.size(digest)) for path, digest in _tree(suite).items()},
                aliases=aliases,
            ),
        )
        for index in suite.indices:
            if index.wanted.coordinates is None:
                continue
            place = suite_directory(suite.verified.suite)
            path = f"{draft.archive} {place}{index.member.path}"
            with blobs.open(index.blob.digest) as once, blobs.open(index.blob.digest) as again:
                digest = index_digest(index.wanted, index.member, once)
                plain = plain_index(index.wanted, index.member, again, name=path)
                count = catalogue.stage_index(draft, index.wanted.coordinates, digest, plain)
            if count.unnamed:
                self._stores.progress.say(
                    f"{path}: {count.unnamed:,} entries have no SHA-256: their files are not "
                    "mirrored, nothing could tell them from others"
                )
            yield count


def _tree(suite: Suite) -> Mapping[str, Digest]:
    """What is mirrored below `dists/<suite>/`."""
    files = {name: blob.digest for name, blob in suite.verified.blobs.items()}
    files |= {path: blob.digest for path, blob in suite.images.items()}
    return files | {index.member.path: index.blob.digest for index in suite.indices}


def _aliases(suites: Sequence[Suite]) -> dict[str, tuple[str, ...]]:
    """Other names of the suites of a run, as it will be known for ever.

    The names that a Release gives itself: asked for `bookworm`, it may be `stable` too. A name
    that a suite of the run was asked by is never another's. While a name moves (`stable`, on
    the day of a release) two suites may claim it: the newest Release is right.
    """
    claims: dict[str, tuple[Timestamp, str]] = {}
    asked = {suite.verified.suite for suite in suites}
    for suite in suites:
        release, name = suite.verified.release, suite.verified.suite
        first, slash, rest = name.partition("/")
        called = {release.suite, release.codename} - {""}
        # Of a flat repository (`sub/`) nobody asks by the names that it gives itself.
        if (slash and not rest) or not called & {name, first}:
            continue
        below = f"{slash}{rest}" if name not in called else ""
        for alias in {f"{one}{below}" for one in called} - asked:
            claims[alias] = max(claims.get(alias, (release.date, name)), (release.date, name))
    return {
        name: tuple(sorted(alias for alias, (_, owner) in claims.items() if owner == name))
        for name in asked
    }
