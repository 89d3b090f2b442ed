# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict, derived from digests. Pure: no clock, no database.

A worker's word is enough for FAIL (it only costs the worker time) and for BAD *(reported)*,
never for GOOD: that takes a digest equal to the original's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from snapshot.digest import Digest
from snapshot.verdict import Original, Reason, Status, Verdict
from storage.ledger.values import JudgedArtifact

_DETAIL = 500


@dataclass(frozen=True, slots=True)
class OriginalFile:
    """What a rebuild must reproduce.

    Attributes:
        artifact_id: Row in the ledger.
        name: Binary package name.
        file_name: File name; unique within a target.
        sha256: Its digest; None when nobody knows it.
        size: Its bytes, when known.
        origin: `index` when a verified index names that digest, else `record`.
    """

    artifact_id: int
    name: str
    file_name: str
    sha256: Digest | None
    size: int | None
    origin: Original


@dataclass(frozen=True, slots=True)
class Produced:
    """What a worker says it built for one original.

    Attributes:
        file_name: Of the original it stands for.
        status: The worker's own view.
        sha256: Digest of what was built: from the report, or from the link it signed.
        size: Its bytes, when known.
        compared: Whether a difference was shown (diffoscope ran), so the file was built.
        problem: Why its digest cannot be believed; empty when it can.
    """

    file_name: str
    status: Status
    sha256: Digest | None = None
    size: int | None = None
    compared: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A report, reduced to what matters for the verdict.

    Attributes:
        status: The worker's own view of the whole.
        produced: Per artifact.
        reason: Why it could not be judged, when the worker knows reasons.
        detail: The worker's line for people.
        log_reason: What the log says about a failure, found by us.
        log_line: The line that says so.
        stock: Whether it came from a rebuilderd worker, which sends no digests.
    """

    status: Status
    produced: tuple[Produced, ...]
    reason: Reason | None = None
    detail: str = ""
    log_reason: Reason | None = None
    log_line: str = ""
    stock: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and that of each artifact, in the order of the originals."""

    verdict: Verdict
    artifacts: tuple[JudgedArtifact, ...]


def judge(originals: Sequence[OriginalFile], claimed: Claimed) -> Judgement:
    """Derive the verdict of one attempt."""
    if claimed.reason is not None or claimed.status is Status.FAIL:
        return _failed(claimed)
    if not originals:
        return Judgement(
            _compare_error("there is no original to compare with"),
            (),
        )
    produced = {item.file_name: item for item in claimed.produced}
    judged = tuple(
        _judge_artifact(original, produced.get(original.file_name), stock=claimed.stock)
        for original in originals
    )
    problems = [a for a in judged if a.status is Status.UNKNOWN]
    if problems:
        return Judgement(_compare_error(_lines(problems)), judged)
    bad = [a for a in judged if a.status is Status.BAD]
    if not bad:
        return Judgement(Verdict(Status.GOOD), judged)
    # From a stock worker nothing but a digest proves that a file was built at all.
    unproved = claimed.stock and all(a.sha256 is None for a in judged)
    built = any(item.compared for item in claimed.produced)
    if unproved and not built and claimed.log_reason is not None:
        return Judgement(Verdict(Status.FAIL, claimed.log_reason, claimed.log_line[:_DETAIL]), ())
    reported = claimed.stock and all(a.sha256 is None for a in bad)
    return Judgement(Verdict(Status.BAD, detail=_lines(bad), reported=reported), judged)


def _failed(claimed: Claimed) -> Judgement:
    reason = claimed.reason or claimed.log_reason
    if reason is None:
        # A stock worker fails before its script runs: downloads, its own setup.
        reason = Reason.ENVIRONMENT_SETUP if claimed.stock else Reason.COMPARE_ERROR
    return Judgement(
        Verdict(Status.FAIL, reason, (claimed.detail or claimed.log_line)[:_DETAIL]), ()
    )


def _judge_artifact(
    original: OriginalFile, produced: Produced | None, *, stock: bool
) -> JudgedArtifact:
    status, detail = _compare(original, produced, stock=stock)
    return JudgedArtifact(
        artifact_id=original.artifact_id,
        name=original.name,
        file_name=original.file_name,
        status=status,
        sha256=None if produced is None or produced.problem else produced.sha256,
        size=None if produced is None or produced.problem else produced.size,
        detail=detail,
    )


def _compare(
    original: OriginalFile, produced: Produced | None, *, stock: bool
) -> tuple[Status, str]:
    """Status and one line about one artifact."""
    if produced is None:
        return Status.BAD, "was not built"
    if produced.problem:
        return Status.UNKNOWN, produced.problem
    if produced.sha256 is not None:
        return _compare_digests(original.sha256, produced)
    if produced.status is Status.GOOD:
        return Status.UNKNOWN, "was reported GOOD without a digest"
    return Status.BAD, "was reported to differ" if stock else "was not built"


def _compare_digests(original: Digest | None, produced: Produced) -> tuple[Status, str]:
    """The worker's view must agree with the digests; where it does not, nobody is believed."""
    if original is None:
        return Status.UNKNOWN, "has no known original digest"
    same, good = produced.sha256 == original, produced.status is Status.GOOD
    if same and good:
        return Status.GOOD, ""
    if same:
        return Status.UNKNOWN, "has the original's digest but was reported to differ"
    if good:
        return Status.UNKNOWN, "was reported GOOD but its digest differs from the original's"
    return Status.BAD, "differs"


def _compare_error(detail: str) -> Verdict:
    return Verdict(Status.FAIL, Reason.COMPARE_ERROR, detail)


def _lines(artifacts: Sequence[JudgedArtifact]) -> str:
    text = "; ".join(f"{a.file_name} {a.detail}" for a in artifacts)
    return text if len(text) <= _DETAIL else text[: _DETAIL - 1] + "…"
