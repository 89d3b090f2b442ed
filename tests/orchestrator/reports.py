# SPDX-License-Identifier: GPL-3.0-or-later
"""A wired desk, workers with real keys, and reports as they send them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from orchestrator.accept_report import Desk
from orchestrator.attest import sign_link
from orchestrator.keys import Keys, SigningKey
from orchestrator.lease import Dispatcher
from orchestrator.originals import IndexedFile
from snapshot.digest import Digest
from snapshot.link import make_link
from snapshot.verdict import Status
from snapshot.wire import ArtifactReport, PopRequest, RebuildReport, ReportExtension
from storage.blobs import MemoryBlobs
from storage.ledger import Ledger
from storage.ledger.records import Artifact, Claim, Worker
from tests.storage.ledger.samples import NOON, spread

STOCK = PopRequest(("debian",), ("amd64", "all"), "x86_64")
OURS = replace(STOCK, extended=True)
WORKER_KEY = SigningKey.from_seed(bytes(range(32)))
SERVER_KEYS = Keys(SigningKey.from_seed(b"g" * 32), SigningKey.from_seed(b"b" * 32))


class FakeOriginals:
    """An archive half that knows what it is told."""

    def __init__(self, *files: IndexedFile) -> None:
        self.files = list(files)

    def indexed(self, digests: Iterable[Digest]) -> Mapping[Digest, Sequence[IndexedFile]]:
        wanted = set(digests)
        found: dict[Digest, list[IndexedFile]] = {}
        for file in self.files:
            if file.digest in wanted:
                found.setdefault(file.digest, []).append(file)
        return found

    def named(self, name: str, version: str, architecture: str) -> Sequence[IndexedFile]:
        key = (name, version, architecture)
        return [f for f in self.files if (f.name, f.version, f.architecture) == key]


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    """The whole server side, over one ledger."""

    ledger: Ledger
    originals: FakeOriginals = field(default_factory=FakeOriginals)
    clock: Clock = field(default_factory=Clock)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    keys: Keys = SERVER_KEYS
    _tokens: Iterable[int] = field(default_factory=count)

    @property
    def desk(self) -> Desk:
        return Desk(self.ledger, self.blobs, self.originals, self.keys, self.clock, spread)

    @property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.ledger, self.clock, lambda: f"t{next(iter(self._tokens))}", spread)

    def worker(self, key: SigningKey = WORKER_KEY, name: str = "node1") -> Worker:
        text = base64.b64encode(key.public).decode()
        return self.ledger.workers.register(text, name, "192.0.2.1", now=self.clock())

    def read(self, digest: Digest) -> bytes:
        with self.blobs.open(digest) as reader:
            return b"".join(reader)


def indexed_file(artifact: Artifact, *, verified: bool = True) -> IndexedFile:
    """How a published index names an original."""
    assert artifact.sha256 is not None
    return IndexedFile(
        digest=artifact.sha256,
        size=artifact.size or 0,
        file_name=artifact.file_name,
        name=artifact.name,
        version=artifact.version,
        architecture=artifact.architecture,
        verified=verified,
    )


def link_bytes(
    claim: Claim, artifact: Artifact, *, digest: Digest | None = None, key: SigningKey = WORKER_KEY
) -> bytes:
    """The link that a worker signs for an artifact it reproduced."""
    material = claim.target.input_digest or Digest.of(b"unknown input")
    product = digest or artifact.sha256
    assert product is not None
    link = make_link(artifact.file_name, product, {claim.target.input_name: material})
    return sign_link(link, key).to_json()


def stock_report(
    claim: Claim,
    status: Status = Status.GOOD,
    *,
    log: bytes = b"a log\n",
    artifacts: tuple[ArtifactReport, ...] | None = None,
    built_at: float = NOON,
) -> RebuildReport:
    """A report of a rebuilderd worker: package names, links for GOOD, no digests."""
    if artifacts is None:
        artifacts = tuple(
            ArtifactReport(
                name=artifact.name,
                status=status,
                attestation=link_bytes(claim, artifact) if status is Status.GOOD else None,
            )
            for artifact in claim.artifacts
            if status is not Status.FAIL
        )
    return RebuildReport(claim.job.id, built_at, log, status, artifacts)


def our_report(
    claim: Claim,
    status: Status = Status.GOOD,
    *,
    digest: Digest | None = None,
    artifacts: tuple[ArtifactReport, ...] | None = None,
    extension: ReportExtension | None = None,
) -> RebuildReport:
    """A report of our worker: file names, digests, the lease."""
    if artifacts is None:
        artifacts = tuple(
            ArtifactReport(
                name=artifact.file_name,
                status=status,
                sha256=digest or artifact.sha256,
                size=artifact.size,
            )
            for artifact in claim.artifacts
            if status is not Status.FAIL
        )
    return RebuildReport(
        claim.job.id,
        NOON,
        b"",
        status,
        artifacts,
        extension or ReportExtension(lease=claim.lease.token),
    )


def key_directory(tmp_path: Path) -> Path:
    """Where a test keeps keys."""
    return tmp_path / "keys"
