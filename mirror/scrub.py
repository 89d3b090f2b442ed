# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading every blob again: what is damaged is put aside and fetched anew, at a bounded rate.

A pass goes through the store in order of digest, and where it is lies in a small file, so a pass
that is stopped in any way goes on from there. A damaged blob leaves the store before anything else
is done about it: nobody is served wrong bytes, and its own are kept in quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mirror.lock import exclusive
from mirror.scrub_pass import ScrubPass, load_pass, save_pass
from snapshot.errors import DejabuildError, NotFound, StorageFull, VerificationError
from storage.blobs import describe
from storage.catalogue import BlobState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mirror.stores import MirrorStores
    from snapshot.digest import Digest

#: Bytes and blobs after which the place is noted: what is read again after a kill.
_NOTE_BYTES = 256 << 20
_NOTE_BLOBS = 1000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is read, and how fast.

    Attributes:
        rate: Most bytes a second on average; None: as fast as it goes.
        seconds: After which the pass is left for the next call; None: none.
        size: Bytes after which it is; None: none.
        age: Seconds since its beginning for which a finished pass is good enough.
    """

    rate: float | None = None
    seconds: float | None = None
    size: int | None = None
    age: float = 0.0


@dataclass(slots=True)
class ScrubReport:
    """What a call found.

    Attributes:
        checked: Blobs that were read.
        size: Their bytes.
        damaged: Blobs whose bytes were not those of their name, and where those lie now.
        healed: Blobs that were fetched anew, those that earlier calls could not get included.
        lacking: Blobs that are still not here, and why.
        finished: Whether the pass came to its end.
        began: Epoch seconds at which the pass began.
    """

    checked: int = 0
    size: int = 0
    damaged: dict[Digest, str] = field(default_factory=dict)
    healed: list[Digest] = field(default_factory=list)
    lacking: dict[Digest, str] = field(default_factory=dict)
    finished: bool = False
    began: float = 0.0


class Scrub:
    """One call of `dejabuild storage scrub`.

    Args:
        stores: Whose blobs; its locks keep a second one away.
        heal: Fetches and verifies a blob that is not here; whether it is here now.
        sleep: Waits so many seconds.
        place: The file that says where the pass is.
    """

    def __init__(
        self,
        stores: MirrorStores,
        heal: Callable[[Digest], bool],
        *,
        sleep: Callable[[float], object],
        place: Path,
    ) -> None:
        self._stores = stores
        self._heal = heal
        self._sleep = sleep
        self._place = place
        self._pass = ScrubPass(began=0.0)
        self._unnoted = [0, 0]

    def run(self, budget: Budget) -> ScrubReport:
        """Read blobs until the pass or the budget ends.

        Raises:
            Busy: Another one is at it; says who.
            TransientError: The store does not answer; the place is kept.
            PermanentError: It cannot be read; nothing is held damaged for that.
            StorageFull: No room to put the place down, or for what was fetched anew.
        """
        stores = self._stores
        with exclusive(stores.locks / "scrub.lock", "scrub", now=stores.clock()):
            self._pass = load_pass(self._place) or ScrubPass(began=stores.clock())
            report = ScrubReport()
            if self._pass.finished and stores.clock() - self._pass.began >= budget.age:
                self._pass = ScrubPass(began=stores.clock(), lacking=self._pass.lacking)
            report.began = self._pass.began
            self._retry(report)
            try:
                if not self._pass.finished:
                    self._read_on(report, budget)
            finally:
                save_pass(self._place, self._pass)
            report.finished = self._pass.finished
            return report

    def _retry(self, report: ScrubReport) -> None:
        """What earlier calls put aside and could not get."""
        blobs, catalogue = self._stores.blobs, self._stores.catalogue
        for digest in sorted(self._pass.lacking):
            known = catalogue.blob_by_hash(digest.hex)
            if known is not None and known.state is BlobState.REMOVED:
                self._forget(digest)  # collected since: nobody misses it
                continue
            if not blobs.contains(digest):  # a call that was killed may not have said so
                catalogue.set_blob_state([digest], BlobState.KNOWN)
            self._get(digest, report)

    def _read_on(self, report: ScrubReport, budget: Budget) -> None:
        began = self._stores.clock()

        def pace(size: int) -> None:
            report.size += size
            if budget.rate:
                ahead = report.size / budget.rate - (self._stores.clock() - began)
                if ahead > 0:
                    self._sleep(ahead)

        for digest in self._stores.blobs:
            if digest.hex <= self._pass.at:
                continue
            if _is_spent(budget, report.size, self._stores.clock() - began):
                return
            before = report.size
            self._check(digest, report, pace)
            self._note(digest, report.size - before)
        self._pass = replace(self._pass, finished=True)

    def _check(self, digest: Digest, report: ScrubReport, pace: Callable[[int], None]) -> None:
        try:
            describe(self._stores.blobs, digest, tell=pace)
        except NotFound:
            return  # removed meanwhile
        except VerificationError as error:
            self._put_aside(digest, error.message, report)
        report.checked += 1

    def _put_aside(self, digest: Digest, what: str, report: ScrubReport) -> None:
        # Noted first: a kill at any point after this leaves a blob that is looked for again.
        self._pass = replace(self._pass, lacking=self._pass.lacking | {digest})
        save_pass(self._place, self._pass)
        try:
            report.damaged[digest] = self._stores.blobs.quarantine(digest)
        except NotFound:  # removed meanwhile
            self._forget(digest)
            return
        self._stores.catalogue.set_blob_state([digest], BlobState.KNOWN)
        self._stores.progress.say(f"{what}; put aside as {report.damaged[digest]}")
        self._get(digest, report)

    def _get(self, digest: Digest, report: ScrubReport) -> None:
        try:
            here = self._heal(digest)
            why = "no index or Release names it, or no upstream and no peer has it"
        except StorageFull:
            raise
        except DejabuildError as error:
            here, why = False, error.message
        if here:
            report.healed.append(digest)
            self._forget(digest)
            self._stores.progress.say(f"blob {digest}: fetched anew and verified")
        else:
            report.lacking[digest] = why

    def _forget(self, digest: Digest) -> None:
        self._pass = replace(self._pass, lacking=self._pass.lacking - {digest})

    def _note(self, digest: Digest, size: int) -> None:
        self._pass = replace(self._pass, at=digest.hex)
        self._unnoted[0] += 1
        self._unnoted[1] += size
        if self._unnoted[0] >= _NOTE_BLOBS or self._unnoted[1] >= _NOTE_BYTES:
            self._unnoted = [0, 0]
            save_pass(self._place, self._pass)


def _is_spent(budget: Budget, size: int, seconds: float) -> bool:
    return (budget.size is not None and size >= budget.size) or (
        budget.seconds is not None and seconds >= budget.seconds
    )
