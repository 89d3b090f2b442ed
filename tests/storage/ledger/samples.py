# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets, workers and claims for tests of the ledger and of the orchestrator."""

from __future__ import annotations

from itertools import count

from snapshot.digest import Digest
from snapshot.verdict import Original, Reason, Status, Verdict
from storage.ledger import Ledger
from storage.ledger.claim_job import Claimant
from storage.ledger.records import Claim, Worker
from storage.ledger.values import (
    Ability,
    JudgedArtifact,
    NewArtifact,
    NewAttempt,
    NewTarget,
    Placement,
    Retry,
    TargetKind,
)

#: 2026-11-20 12:00:00 UTC.
NOON = 1_795_176_000.0
EVERYTHING = Ability(
    backends=frozenset({"debian"}),
    architectures=frozenset({"*"}),
    kinds=frozenset({"buildinfo", "source"}),
)

_TOKENS = count()


def spread() -> int:
    """No randomness: jobs of a day come in the order of their ids."""
    return 0


def new_target(
    source: str = "hello",
    version: str = "2.10-3",
    *,
    architecture: str = "amd64",
    kind: TargetKind = "buildinfo",
    release: str = "sid",
    component: str = "main",
    origin: Original = Original.INDEX,
    artifacts: tuple[NewArtifact, ...] | None = None,
    tags: frozenset[str] = frozenset(),
) -> NewTarget:
    """A target with one artifact of the source's name."""
    suffix = "buildinfo" if kind == "buildinfo" else "dsc"
    name = f"{source}_{version}_{architecture}"
    if artifacts is None:
        artifacts = (
            NewArtifact(
                file_name=f"{name}.deb",
                name=source,
                version=version,
                architecture=architecture,
                sha256=Digest.of(name.encode()),
                size=1000,
                origin=origin,
                component=component,
            ),
        )
    return NewTarget(
        kind=kind,
        distribution="debian",
        source=source,
        version=version,
        architecture=architecture,
        input_name=f"{name}.{suffix}",
        input_digest=Digest.of(f"{name}.{suffix}".encode()),
        artifacts=artifacts,
        release=release,
        tags=tags,
    )


def put(
    ledger: Ledger, *targets: NewTarget, placement: Placement | None = None, now: float = NOON
) -> tuple[int, ...]:
    """Write targets down and queue them; answers their ids."""
    wanted = placement if placement is not None else Placement()
    return ledger.targets.put(targets, wanted, now=now, spread=spread).ids


def worker(ledger: Ledger, name: str = "node1", now: float = NOON) -> Worker:
    """A registered worker whose key is its name."""
    return ledger.workers.register(f"key of {name}", name, "192.0.2.1", now=now)


def claim(
    ledger: Ledger,
    who: Worker,
    *,
    ability: Ability = EVERYTHING,
    now: float = NOON,
    deadline: float = 540.0,
) -> Claim | None:
    """Take the next job, without the orchestrator."""
    token = f"token {next(_TOKENS)}"
    lease_id = ledger.leases.claim(Claimant(who.id, ability, token, now, deadline))
    return None if lease_id is None else ledger.leases.describe(lease_id)


def claimed(ledger: Ledger, who: Worker, *, now: float = NOON) -> Claim:
    """Take the next job, which there must be."""
    found = claim(ledger, who, now=now)
    assert found is not None
    return found


GOOD = Verdict(Status.GOOD)
BAD = Verdict(Status.BAD, detail="hello.deb differs")
FAILED = Verdict(Status.FAIL, Reason.BUILD_FAILED, "make: *** [all] Error 2")


def attempt(
    found: Claim, verdict: Verdict = GOOD, *, now: float = NOON, retry: Retry | None = None
) -> NewAttempt:
    """An attempt that answers a claim."""
    judged = tuple(
        JudgedArtifact(
            artifact_id=artifact.id,
            name=artifact.name,
            file_name=artifact.file_name,
            status=verdict.status,
            sha256=artifact.sha256,
            size=artifact.size,
        )
        for artifact in found.artifacts
        if verdict.status is not Status.FAIL
    )
    return NewAttempt(
        lease_id=found.lease.id,
        job_id=found.job.id,
        built_at=now,
        received_at=now,
        verdict=verdict,
        reported_status=verdict.status,
        artifacts=judged,
        retry=retry,
        counts_as_retry=verdict.status in (Status.BAD, Status.FAIL),
    )
