# SPDX-License-Identifier: GPL-3.0-or-later
"""A suite's signed Release: fetched, verified, checked; from the next upstream if need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirror.revalidate import Revalidated, Revalidator
from mirror.verify_chain import check_release
from mirror.verify_signature import verify_detached, verify_inline
from snapshot.clearsign import signed_text
from snapshot.errors import DejabuildError, NotFound, PermanentError, TransientError
from snapshot.release import Release
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mirror.fetch import Fetcher
    from mirror.policy import ArchivePolicy
    from mirror.upstream import Upstream
    from snapshot.digest import Digest
    from storage.blobs import Blob, BlobStore
    from storage.catalogue import Catalogue, Validator

#: The largest InRelease of Debian is below one megabyte.
MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A Release that may be believed.

    Attributes:
        suite: As it was asked for.
        release: What it says.
        blobs: `InRelease`, or `Release` and `Release.gpg`, by name; pending in the store.
        fingerprint: Of the key that signed it; empty where trust is not by Release.
        upstream: Where it came from: its indices are surest to be there.
        validators: To be remembered once the blobs are durable.
    """

    suite: str
    release: Release
    blobs: Mapping[str, Blob]
    fingerprint: str
    upstream: Upstream | None = None
    validators: tuple[Validator, ...] = ()

    @property
    def digest(self) -> Digest:
        """Its identity: of the InRelease, or of the Release where there is none."""
        return (self.blobs.get("InRelease") or self.blobs["Release"]).digest


class ReleaseFetcher:
    """Fetches the Releases of one archive.

    Args:
        policy: Whom to believe.
        upstreams: Where to ask, in order.
        fetcher: Sends the requests.
        blobs: Where the files go.
        catalogue: Knows what was accepted before, and what upstreams call it.
        now: Time of this machine in epoch seconds.
    """

    def __init__(
        self,
        policy: ArchivePolicy,
        upstreams: Sequence[Upstream],
        *,
        fetcher: Fetcher,
        blobs: BlobStore,
        catalogue: Catalogue,
        now: float,
    ) -> None:
        self._policy = policy
        self._upstreams = upstreams
        self._documents = Revalidator(fetcher, catalogue, blobs)
        self._blobs = blobs
        self._now = Timestamp(int(now))

    def fetch(
        self, suite: str, at: Timestamp | None, accepted: Timestamp | None
    ) -> VerifiedRelease:
        """The Release of a suite: of the first upstream that has a valid one.

        An upstream may be stale without a sign of it, when its Release is the one of last time.
        Then the others are asked too, and the newest is taken.

        Args:
            suite: As the policy names it.
            at: The run of a dated upstream.
            accepted: Date of the last one accepted, which a live mirror may not undercut.

        Raises:
            VerificationError: What no upstream's Release stood up to.
            NotFound: No upstream has the suite.
            TransientError: No upstream answered for long enough.
        """
        failures: list[DejabuildError] = []
        best: VerifiedRelease | None = None
        for upstream in self._upstreams:
            try:
                found = self._from(upstream, suite, at, accepted)
            except (PermanentError, TransientError) as error:
                failures.append(error)
                continue
            if best is None or found.release.date > best.release.date:
                best = found
            if at is not None or accepted is None or best.release.date > accepted:
                return best
        if best is not None:
            return best
        # What did not verify tells more than what was not there.
        failures.sort(key=lambda error: isinstance(error, NotFound))
        raise failures[0]

    def _from(
        self, upstream: Upstream, suite: str, at: Timestamp | None, accepted: Timestamp | None
    ) -> VerifiedRelease:
        name = f"{self._policy.name} {suite}{f' {at}' if at else ''}"
        try:
            given = {"InRelease": self._document(upstream, suite, "InRelease", at)}
        except NotFound:
            given = {"Release": self._document(upstream, suite, "Release", at)}
            if self._policy.trust == "release":
                given["Release.gpg"] = self._document(upstream, suite, "Release.gpg", at)
        texts = {file: one.data for file, one in given.items()}
        text, fingerprint = self._verified(texts, name, history=at is not None)
        release = Release.parse(text, name=f"{name} Release")
        now = self._now if at is None else None
        check_release(release, suite, now=now, accepted=accepted, at=at)
        date = float(release.date.epoch)
        blobs = {
            file: one.blob or self._blobs.add([one.data], durable=False, modified=date)
            for file, one in given.items()
        }
        # What an upstream has of the past is asked for once.
        validators = () if at else tuple(one.validator for one in given.values() if one.validator)
        return VerifiedRelease(suite, release, blobs, fingerprint, upstream, validators)

    def _document(
        self, upstream: Upstream, suite: str, name: str, at: Timestamp | None
    ) -> Revalidated:
        url = upstream.release_url(suite, name, at)
        if url is None:
            raise NotFound(f"{suite}: {name} is not to be had there for {at or 'now'}")
        return self._documents.document(url, limit=MOST_BYTES)

    def _verified(
        self, given: Mapping[str, bytes], name: str, *, history: bool
    ) -> tuple[bytes, str]:
        """The signed text and the fingerprint of who signed it."""
        keyring = self._policy.keyring
        inline = given.get("InRelease")
        if self._policy.trust == "none" or keyring is None:
            return signed_text(inline if inline is not None else given["Release"], name=name), ""
        if inline is not None:
            signed = verify_inline(inline, keyring, history=history, name=f"{name} InRelease")
        else:
            signed = verify_detached(
                given["Release"],
                given["Release.gpg"],
                keyring,
                history=history,
                name=f"{name} Release",
            )
        return signed.text, signed.signature.fingerprint
