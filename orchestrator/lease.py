# SPDX-License-Identifier: GPL-3.0-or-later
"""Handing jobs out and taking them back: claim, ping, expire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.requeue import Past, RetryPolicy, counts_as_retry, plan_retry
from snapshot.verdict import Reason, Status, Verdict
from snapshot.wire import PopRequest
from storage.ledger import Ledger
from storage.ledger.claim_job import Claimant
from storage.ledger.records import Claim, QueuedJob, Worker
from storage.ledger.values import Ability, NewAttempt

#: Words of `uname -m` for words of archives; rebuilderd expands them both ways.
_ALIASES = (
    {"x86", "i386", "i686"},
    {"x86_64", "amd64"},
    {"aarch64", "arm64"},
    {"powerpc64", "ppc64"},
)


@dataclass(frozen=True, slots=True)
class LeasePolicy:
    """How long a worker may be silent, and how often a job may lose one.

    Attributes:
        deadline: Seconds without a ping; stock workers ping every 60 s.
        max_leases: Claims per job, after the last of which it is `worker-lost`.
    """

    deadline: float = 540.0
    max_leases: int = 3


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Everything that handing out needs.

    Attributes:
        ledger: The ledger.
        clock: Seconds since 1970.
        token: Makes a fresh secret word for each claim.
        spread: Random number below 2**31 for each job.
        policy: Deadlines.
        retry: Limits of retries, for `worker-lost`.
    """

    ledger: Ledger
    clock: Callable[[], float]
    token: Callable[[], str]
    spread: Callable[[], int]
    policy: LeasePolicy = field(default_factory=LeasePolicy)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


def claim(dispatcher: Dispatcher, worker: Worker, request: PopRequest) -> Claim | None:
    """Give a worker the most urgent job it can do.

    Claims of lost workers run out first, so no other process is needed for that.

    Returns:
        The claim, or None when there is nothing for this worker.
    """
    now = dispatcher.clock()
    if dispatcher.ledger.leases.something_due(now):
        expire(dispatcher)
        dispatcher.ledger.leases.promote(now)
    claimant = Claimant(
        worker_id=worker.id,
        ability=ability(request),
        token=dispatcher.token(),
        now=now,
        deadline=dispatcher.policy.deadline,
        extended=request.extended,
    )
    lease_id = dispatcher.ledger.leases.claim(claimant)
    if lease_id is None:
        return None
    return dispatcher.ledger.leases.describe(lease_id)


def ping(dispatcher: Dispatcher, job_id: int, worker: Worker) -> bool:
    """Keep a claim alive.

    Returns:
        False when this worker holds no claim on that job: it may stop.
    """
    return dispatcher.ledger.leases.ping(
        job_id, worker.id, now=dispatcher.clock(), deadline=dispatcher.policy.deadline
    )


def expire(dispatcher: Dispatcher) -> int:
    """End claims of workers that fell silent; answers how many ended.

    The job returns to the queue under its own id. After its last claim it ends as
    `FAIL worker-lost`; a late report is still taken.
    """
    now, ledger = dispatcher.clock(), dispatcher.ledger
    ended = 0
    for lease in ledger.leases.overdue(now):
        job = ledger.queue.get(lease.job_id)
        if job is None:
            continue
        last = job.leases >= dispatcher.policy.max_leases
        lost = _lost_attempt(dispatcher, job, now) if last else None
        ended += ledger.leases.expire(lease, now=now, lost=lost, spread=dispatcher.spread)
    return ended


def ability(request: PopRequest) -> Ability:
    """What a pop request says a worker can take, aliases expanded."""
    words = set(request.supported_architectures)
    for group in _ALIASES:
        if words & group:
            words |= group
    return Ability(
        backends=frozenset(request.supported_backends),
        architectures=frozenset(words),
        # A stock worker hands the input to a script that reads build records only.
        kinds=frozenset({"buildinfo", "source"} if request.extended else {"buildinfo"}),
        tags=frozenset(request.tags),
    )


def _lost_attempt(dispatcher: Dispatcher, job: QueuedJob, now: float) -> NewAttempt:
    ledger = dispatcher.ledger
    verdict = Verdict(
        Status.FAIL, Reason.WORKER_LOST, f"{job.leases} workers in a row were not heard again"
    )
    past = Past(
        retries=ledger.targets.get(job.target_id).retries,
        same=ledger.attempts.count_same(job.target_id, verdict),
        hurried=job.hurried,
        lost=True,
    )
    return NewAttempt(
        lease_id=None,
        job_id=job.id,
        built_at=now,
        received_at=now,
        verdict=verdict,
        reported_status=Status.UNKNOWN,
        retry=plan_retry(verdict, past, policy=dispatcher.retry, now=now),
        counts_as_retry=counts_as_retry(verdict),
    )
