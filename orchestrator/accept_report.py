# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a worker's report: the conductor from the wire to the ledger.

Find the claim it answers, keep the evidence, check links, judge, attest, plan the retry, write
it all down in one transaction. A report is taken once, however late; the same one again
answers the same and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.attest import attest
from orchestrator.judge import Judgement, OriginalFile, judge
from orchestrator.keep_evidence import KeptEvidence, keep_evidence
from orchestrator.keys import Keys
from orchestrator.originals import Originals, normalise_originals
from orchestrator.pair_artifacts import pair_artifacts
from orchestrator.read_report import ReadReport, read_report, target_materials
from orchestrator.requeue import Past, RetryPolicy, counts_as_retry, plan_retry
from orchestrator.vouch_for_link import can_vouch
from snapshot.errors import NotFound
from snapshot.verdict import Strategy, Verdict
from snapshot.wire import RebuildReport
from storage.blobs import BlobStore
from storage.ledger import Ledger
from storage.ledger.records import Artifact, Lease, QueuedJob, Target, Worker
from storage.ledger.values import JudgedArtifact, NewAttempt, NewAttestation, Retry


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that taking a report needs.

    Attributes:
        ledger: The ledger.
        blobs: Where bodies go.
        originals: What the archive half knows about published files.
        keys: The server's keys.
        clock: Seconds since 1970.
        spread: Random number below 2**31 for each job.
        retry: Limits of retries.
        text_limit: Most bytes that a log or a diffoscope text may unpack to.
    """

    ledger: Ledger
    blobs: BlobStore
    originals: Originals
    keys: Keys
    clock: Callable[[], float]
    spread: Callable[[], int]
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    text_limit: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of a report.

    Attributes:
        attempt_id: The wire's build id.
        verdict: As judged; for a duplicate, as it was judged the first time.
        duplicate: Whether this claim had been answered already.
        retry_job: The next job, if one was made.
    """

    attempt_id: int
    verdict: Verdict
    duplicate: bool
    retry_job: int | None = None


def accept_report(desk: Desk, worker: Worker, report: RebuildReport) -> Accepted:
    """Take a report.

    Args:
        desk: Everything it needs.
        worker: Who reports.
        report: What it says.

    Raises:
        NotFound: This worker never claimed that job.
        InvalidInput: A log or diffoscope that cannot be unpacked; nothing was written.
    """
    token = None if report.extension is None else report.extension.lease
    lease = desk.ledger.leases.find(report.queue_id, worker.id, token)
    job = desk.ledger.queue.get(report.queue_id)
    if lease is None or job is None:
        raise NotFound(f"{worker.name} holds no claim on job {report.queue_id}")
    known = desk.ledger.attempts.answered(lease.id)
    if known is not None:
        return _known(desk, known)
    target = desk.ledger.targets.get(job.target_id)
    pairs = pair_artifacts(desk.ledger.targets.artifacts(target.id), report.artifacts)
    kept = keep_evidence(desk.blobs, report.build_log, pairs, limit=desk.text_limit)
    read = read_report(report, target, pairs, worker_key=worker.key, log_tail=kept.log_tail)
    artifacts = [original for original, _ in pairs]
    originals = normalise_originals(artifacts, desk.originals, read.digests())
    judgement = judge(originals, read.claimed)
    verdict = judgement.verdict
    attempt = _attempt(desk, report, lease, kept, verdict)
    retry = _retry(desk, job, target, verdict, now=attempt.received_at)
    attempt = replace(
        attempt, retry=retry, artifacts=_attested(desk, judgement, originals, read, target)
    )
    _remember(desk, artifacts, originals)
    recorded = desk.ledger.attempts.record(attempt, spread=desk.spread)
    if recorded.duplicate:
        return _known(desk, recorded.attempt_id)
    desk.ledger.workers.say(worker.id, None, now=attempt.received_at)
    return Accepted(recorded.attempt_id, verdict, duplicate=False, retry_job=recorded.retry_job)


def _known(desk: Desk, attempt_id: int) -> Accepted:
    build = desk.ledger.builds.get(attempt_id)
    if build is None:
        raise NotFound(f"no build {attempt_id}")
    return Accepted(attempt_id, build.verdict, duplicate=True)


def _attempt(
    desk: Desk,
    report: RebuildReport,
    lease: Lease,
    kept: KeptEvidence,
    verdict: Verdict,
) -> NewAttempt:
    now, extension = desk.clock(), report.extension
    attempt = NewAttempt(
        lease_id=lease.id,
        job_id=lease.job_id,
        # A worker's clock may be wrong; a time to come would stay the newest for ever.
        built_at=min(report.built_at, now),
        received_at=now,
        verdict=verdict,
        reported_status=report.status,
        evidence=kept.evidence,
        counts_as_retry=counts_as_retry(verdict),
    )
    if extension is None:
        return attempt
    return replace(
        attempt,
        environment=extension.environment,
        strategy=Strategy(extension.strategy, extension.added),
        phases=extension.phases,
        worker_version=extension.worker_version,
        uploads=frozenset((e.kind, e.name, e.sha256) for e in extension.evidence),
    )


def _retry(
    desk: Desk, job: QueuedJob, target: Target, verdict: Verdict, *, now: float
) -> Retry | None:
    past = Past(
        retries=target.retries,
        same=desk.ledger.attempts.count_same(target.id, verdict),
        hurried=job.hurried,
    )
    return plan_retry(verdict, past, policy=desk.retry, now=now)


def _attested(
    desk: Desk,
    judgement: Judgement,
    originals: Sequence[OriginalFile],
    read: ReadReport,
    target: Target,
) -> tuple[JudgedArtifact, ...]:
    """The judged artifacts with their links signed and stored."""
    by_name = {original.file_name: original for original in originals}
    materials = target_materials(target)
    artifacts = []
    for judged in judgement.artifacts:
        theirs = read.links.get(judged.file_name)
        link = attest(
            judged,
            by_name.get(judged.file_name),
            theirs,
            vouched=theirs is not None
            and can_vouch(
                theirs.link,
                {judged.file_name, *materials},
                desk.blobs,
                bytes_elsewhere=not materials,
            ),
            materials=materials,
            key=desk.keys.good,
        )
        if link is None or judged.sha256 is None:
            artifacts.append(judged)
            continue
        keyids = tuple(signature.keyid for signature in link.signatures)
        attestation = NewAttestation(
            product=judged.sha256,
            digest=desk.blobs.add([link.to_json()]).digest,
            keyids=keyids,
            confirmed=desk.keys.good.keyid in keyids,
        )
        artifacts.append(replace(judged, attestation=attestation))
    return tuple(artifacts)


def _remember(desk: Desk, artifacts: Sequence[Artifact], originals: Sequence[OriginalFile]) -> None:
    """Write down what the index has told us since the target was made."""
    for artifact, original in zip(artifacts, originals, strict=True):
        news = (artifact.sha256, artifact.origin) != (original.sha256, original.origin)
        if original.sha256 is not None and news:
            desk.ledger.targets.learn(artifact.id, original.sha256, original.size, original.origin)
