# SPDX-License-Identifier: GPL-3.0-or-later
"""A toy distribution through the seams of ADR 0007 alone, to a verdict.

Its record is three lines, its packages are their own build logs, its upstream has one folder. What
it adds is one class or function per seam, all in this file; all between is the production code.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.serving import make_server

from api.app import create_app
from mirror.progress import Silent
from mirror.remote_file import RemoteFile
from mirror.upstream import Read, Upstream
from ops.initialize import initialize
from ops.open_stores import Stores, open_stores
from ops.settings import ServerSettings, Settings
from ops.wire_mirror import wire_mirror
from ops.wire_parts import spread, wire_services
from orchestrator.enqueue import enqueue
from rebuilders.registry import Rebuilder
from rebuilders.task import Bench, LeftBehind, Task
from rebuilders.worker import Worker, run_worker
from rebuilders.worker_config import WorkerConfig
from snapshot import record
from snapshot.digest import Checksums, Digest
from snapshot.environment import Environment, Member
from snapshot.need import Need
from snapshot.record import Record, read_record
from snapshot.timestamp import Timestamp
from snapshot.verdict import Strategy
from storage.ledger.values import NewArtifact, NewTarget, Placement
from tests.faulty_upstream import FaultyUpstream

TOOL = b"the only tool that toy packages need"
PACKAGE = b"hello 1.0 built with tool 2\n"
RECORD = b"toy-record 1\nbuilds hello 1.0 hello.toy\nneeds tool 2\n"


def read_toy(data: bytes, name: str) -> Record:
    """Seam 1: a reader of build records."""
    lines = [line.split() for line in data.decode("ascii").splitlines()]
    builds, needs = lines[1], lines[2]
    return Record(
        kind="rpm",
        source=builds[1],
        source_version=builds[2],
        version=builds[2],
        build_architecture="all",
        build_date=None,
        needs=(Need(needs[1], needs[2], None),),
        signed=False,
        detail=cast("Any", builds[3]),
    )


@dataclass(frozen=True)
class ToyUpstream:
    """Seam 2: where the files of an archive are."""

    base: str

    dated: bool = False

    def list_runs(
        self, read: Read, first: Timestamp | None, last: Timestamp | None
    ) -> list[Timestamp]:
        return []

    def release_url(self, suite: str, name: str, at: Timestamp | None) -> str:
        return f"{self.base}/{name}"

    def index_urls(
        self, suite: str, path: str, checksums: Checksums, at: Timestamp | None, *, by_hash: bool
    ) -> tuple[str, ...]:
        return (f"{self.base}/{path}",)

    def file_urls(self, path: str, checksums: Checksums, at: Timestamp | None) -> tuple[str, ...]:
        return (f"{self.base}/toys/{path}",)


@dataclass(frozen=True)
class ToyRebuilder:
    """Seam 4: what builds a package from its record, in an environment (seam 3)."""

    environment: Environment
    kind: str = "toy"
    backends: tuple[str, ...] = ("toy",)
    works_in_memory: bool = False

    def accepts(self, task: Task) -> None:
        """Everything."""

    def needs(self) -> tuple[str, ...]:
        return ()

    def strategies(self, task: Task) -> Sequence[str]:
        return ("play",)

    def attempt(self, task: Task, strategy: str, bench: Bench) -> LeftBehind:
        read = read_record(task.input_path.read_bytes(), task.input_name)
        (need,) = read.needs
        name = cast("str", read.detail)
        built = bench.folder / name
        with bench.phases.measure("build"):
            text = f"{read.source} {read.version} built with {need.name} {need.version}\n"
            built.write_text(text)
        return LeftBehind({name: built}, 0, Strategy(strategy), environment=self.environment)


@pytest.fixture
def toy_records(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = (lambda data: data.startswith(b"toy-record"), read_toy)
    monkeypatch.setattr(record, "READERS", (reader, *record.READERS))


@contextmanager
def served(settings: Settings) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(wire_services(settings)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetched(settings: Settings, stores: Stores, upstream: Upstream) -> Digest:
    """The toy's package through the production fetcher: verified, into the blob store."""
    checksums = Checksums(len(PACKAGE), Digest.of(PACKAGE))
    remote = RemoteFile(
        "hello.toy",
        upstream.file_urls("hello.toy", checksums, None),
        checksums,
    )
    means = wire_mirror(settings, stores, Silent())
    return means.fetcher.fetch(remote, durable=True).blob.digest


@pytest.mark.programs
def test_a_toy_distribution_gets_a_verdict_through_the_seams_alone(
    toy_records: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path / "data"))
    initialize(settings, clock=time.time)
    stores = open_stores(settings)
    environment = Environment("rpm", frozenset({Member("tool", "all", "2", Digest.of(TOOL))}))
    assert environment.id.hex == hashlib.sha256(environment.text()).hexdigest()

    with FaultyUpstream({"/toys/hello.toy": PACKAGE}) as upstream:
        original = fetched(settings, stores, ToyUpstream(upstream.url))
    stores.catalogue.record_blob(stores.blobs.add([RECORD]))
    read = read_record(RECORD)
    placed = enqueue(
        stores.ledger,
        [
            NewTarget(
                kind="buildinfo",
                distribution="toy",
                source=read.source,
                version=read.version,
                architecture="all",
                input_name="hello.toyrecord",
                input_digest=Digest.of(RECORD),
                artifacts=(
                    NewArtifact("hello.toy", "hello", "1.0", "all", original, len(PACKAGE)),
                ),
                environment=environment.id,
            )
        ],
        Placement(manual=True),
        clock=time.time,
        spread=spread,
    )

    toys: list[Rebuilder] = [ToyRebuilder(environment)]
    monkeypatch.setattr(Worker, "_rebuilders", lambda _: toys)
    secret = (tmp_path / "data/signup-secret").read_text().strip()
    with served(settings) as url:
        config = WorkerConfig(
            server=url, state=tmp_path / "worker", signup_secret=secret, jobs=1, drain=True
        )
        assert run_worker(config) == 1

    (build,) = stores.ledger.builds.of_target(placed.target_ids[0])
    assert build.verdict.status.name == "GOOD", build
    assert build.environment == environment.id
    assert build.strategy.name == "play"
    # Nothing that no verified index lists is attested, whatever its distribution.
    (artifact,) = stores.ledger.builds.artifacts(build.id)
    assert artifact.sha256 == original
    assert artifact.origin is not None
    assert artifact.origin.name == "RECORD"
