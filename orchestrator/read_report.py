# SPDX-License-Identifier: GPL-3.0-or-later
"""From a report on the wire to what is claimed, with every link checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.check_link import CheckedLink, check_link, worker_key_bytes
from orchestrator.judge import Claimed, Produced
from orchestrator.packed_text import unpack
from orchestrator.pair_artifacts import Pair
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.link import MAX_LINK_BYTES
from snapshot.reasons import find_reason
from snapshot.verdict import Status
from snapshot.wire import ArtifactReport, RebuildReport
from storage.ledger.records import Target


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report, checked.

    Attributes:
        claimed: What the worker claims, for the judge.
        links: Links that hold, by the file name of the original.
    """

    claimed: Claimed
    links: Mapping[str, CheckedLink]

    def digests(self) -> frozenset[Digest]:
        """Digests of what was built, as far as they can be believed."""
        return frozenset(p.sha256 for p in self.claimed.produced if p.sha256 and not p.problem)


def read_report(
    report: RebuildReport,
    target: Target,
    pairs: Sequence[Pair],
    *,
    worker_key: str,
    log_tail: bytes,
) -> ReadReport:
    """Check a report's links and reduce it to what matters for the verdict.

    Args:
        report: As it came.
        target: What was to be built.
        pairs: Its artifacts with what was reported for each.
        worker_key: `X-Worker-Key` of who reports.
        log_tail: The end of the log, when it came with the report.
    """
    links: dict[str, CheckedLink] = {}
    produced: list[Produced] = []
    for original, reported in pairs:
        if reported is None:
            continue
        link, problem = _read_link(reported, original.file_name, target, worker_key)
        if link is not None and reported.sha256 not in (None, link.product):
            link, problem = None, "has a link with another digest than the report"
        if link is not None:
            links[original.file_name] = link
        produced.append(
            Produced(
                file_name=original.file_name,
                status=reported.status,
                sha256=reported.sha256 or (link.product if link else None),
                size=reported.size,
                compared=bool(reported.diffoscope),
                problem=problem,
            )
        )
    return ReadReport(_claimed(report, tuple(produced), log_tail), links)


def target_materials(target: Target) -> dict[str, Digest]:
    """What a link about this target must name; empty when we know no digest of it."""
    return {} if target.input_digest is None else {target.input_name: target.input_digest}


def _read_link(
    reported: ArtifactReport, file_name: str, target: Target, worker_key: str
) -> tuple[CheckedLink | None, str]:
    """The checked link, or why it does not hold; neither when none was sent."""
    if not reported.attestation:
        return None, ""
    try:
        data = unpack(reported.attestation, limit=MAX_LINK_BYTES, what="attestation")
        link = check_link(
            data,
            worker_key=worker_key_bytes(worker_key),
            file_name=file_name,
            input_name=target.input_name,
            materials=target_materials(target),
        )
    except (InvalidInput, VerificationError) as error:
        return None, error.message
    return link, ""


def _claimed(report: RebuildReport, produced: tuple[Produced, ...], log_tail: bytes) -> Claimed:
    extension = report.extension
    if extension is not None:
        return Claimed(
            status=report.status,
            produced=produced,
            reason=extension.reason,
            detail=extension.detail,
        )
    finding = None
    if report.status is not Status.GOOD and log_tail:
        finding = find_reason(log_tail, exit_code=None)
    return Claimed(
        status=report.status,
        produced=produced,
        log_reason=finding.reason if finding else None,
        log_line=finding.line if finding else "",
        stock=True,
    )
