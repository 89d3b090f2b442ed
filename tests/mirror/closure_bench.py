# SPDX-License-Identifier: GPL-3.0-or-later
"""Two mirrors: one with an upstream and closures, one that only ever sees bundles."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from mirror.bundle_stream import BundleReader
from mirror.export_bundle import ExportReport, export_bundle
from mirror.fetch_closure import ClosureReport, fetch_closure, read_definition
from mirror.import_bundle import ImportReport, import_bundle
from mirror.policy import ArchivePolicy
from snapshot.bundle import BundledRun
from snapshot.closure import Definition, NamedRecord
from snapshot.record import read_record
from storage.keep_record import keep_record
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.mirror_bench import MirrorBench
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, World, worlds
from tests.small_record import small_record

FIRST, SECOND, THIRD = worlds(8, size=60_000)
#: What the record of the first world installed.
INSTALLED = FIRST.debs[1:4]
SOURCE = FIRST.sources[0]
RECORD = small_record(SOURCE, [FIRST.debs[0]], INSTALLED)


class ClosureBench:
    """A mirror of indices, and the record of a build in it."""

    def __init__(self, root: Path, key: ThrowawayKey) -> None:
        self.root = root
        self.keyring = root / "keyring.gpg"
        self.keyring.write_bytes(key.public())
        self.archive = SmallArchive(key)
        self.archive.publish(FIRST)
        self.upstream = FaultyUpstream(self.archive.files)
        self.upstream.__enter__()
        self.online = self.mirror("online", self.upstream.url)
        self.offline = self.mirror("offline", "http://127.0.0.1:9")

    def mirror(self, name: str, upstream: str) -> MirrorBench:
        root = self.root / name
        root.mkdir()
        return MirrorBench(
            root, f"sqlite:///{root}/catalogue.sqlite", upstream, keys=[self.keyring]
        )

    @property
    def policy(self) -> ArchivePolicy:
        return self.online.policy(files="closures")

    def sync(self, world: World | None = None) -> None:
        if world is not None:
            self.archive.publish(world)
        self.online.sync(None, files="closures")
        self.upstream.requests.clear()

    def define(self, *records: bytes) -> Definition:
        return Definition(frozenset(self.keep(data) for data in records or (RECORD,)))

    def keep(self, data: bytes) -> NamedRecord:
        record, stores = read_record(data), self.online.stores
        name = record.file_name
        digest = keep_record(stores.catalogue, stores.blobs, record, data, name=name, origin="test")
        return NamedRecord(name, digest)

    def fetch(self, name: str = "base", definition: Definition | None = None) -> ClosureReport:
        return fetch_closure(self.online.stores, [self.policy], name, definition)

    def export(self, name: str = "base") -> tuple[bytes, ExportReport]:
        stores, out = self.online.stores, io.BytesIO()
        definition = read_definition(stores, name)
        report = export_bundle(stores, name, definition, out, sign=lambda text: text)
        return out.getvalue(), report

    def trusting(self, run: BundledRun) -> ArchivePolicy:
        """What an operator who believes the archive's key lets in."""
        return ArchivePolicy(
            name=run.archive,
            upstreams=("file:///bundle",),
            suites=tuple(dict.fromkeys(member.suite for member in run.members)),
            kind="dated",
            keyring=self.keyring,
            files="on-demand",
            extras=(),
            only=frozenset(f"{m.suite}/{m.path.removesuffix('.xz')}" for m in run.members),
        )

    def without_proof(self, run: BundledRun) -> ArchivePolicy:
        return replace(self.trusting(run), keyring=None, trust="none")

    def take_in(self, bundle: bytes, *, name: str | None = None) -> ImportReport:
        reader = BundleReader(io.BytesIO(bundle), "bundle")
        return import_bundle(reader, self.offline.stores, self.trusting, name=name)

    def close(self) -> None:
        self.upstream.__exit__(None, None, None)
        self.online.close()
        self.offline.close()
