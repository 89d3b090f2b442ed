# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking a bundle in: every byte of it is verified again, as if it came from an upstream.

First its blobs are stored, each one hashed; nothing refers to them. Then each of its runs is
captured the way `mirror.sync` captures one, from the signature down, with the keys that *this*
mirror believes. Only then its closure is resolved, over what those indices name.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mirror.bundle_upstream import BundleUpstream
from mirror.capture import Capture
from mirror.capture_report import CaptureReport
from mirror.fetch_closure import ClosureReport, fetch_closure
from mirror.lay_out import place_missing_runs
from mirror.lock import archive_lock, exclusive, storing
from mirror.verify_chain import CLOCK_SKEW
from mirror.verify_signature import verify_inline
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from snapshot.record import read_record
from storage.keep_record import keep_record

if TYPE_CHECKING:
    from mirror.bundle_stream import BundleReader
    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores
    from snapshot.bundle import BundledRun, BundleManifest

#: Bytes after which what was read is made durable: an import that is killed goes on from there.
_BATCH = 512 << 20
#: Larger blobs are no definition and no record.
_MOST_TEXT = 64 << 20


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """One run of a bundle, in this mirror now.

    Attributes:
        archive: Archive.
        trust: How it was proved here.
        report: What it cost.
    """

    archive: str
    trust: str
    report: CaptureReport


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        signer: Fingerprint of the key that signed the bundle; empty when it was not asked for.
        stored: Blobs that were not here before.
        runs: In order of archive and time.
        closure: The bundle's closure, resolved and pinned.
    """

    signer: str
    stored: int
    runs: tuple[ImportedRun, ...]
    closure: ClosureReport


def check_signer(reader: BundleReader, keyring: Path, name: str) -> str:
    """Who signed a bundle, as far as a keyring knows; its fingerprint.

    Raises:
        VerificationError: Nobody whom the keyring knows.
    """
    return verify_inline(reader.document, keyring, history=True, name=name).signature.fingerprint


def import_bundle(
    reader: BundleReader,
    stores: MirrorStores,
    policy_for: Callable[[BundledRun], ArchivePolicy],
    *,
    signer: str = "",
    name: str | None = None,
) -> ImportReport:
    """Read a bundle to its end and take it in. Killed at any instant, the same again finishes it.

    Args:
        reader: At its beginning.
        stores: Where to; its fetcher only reads local files here.
        policy_for: Whom to believe for each run; must raise when nobody.
        signer: From `check_signer`.
        name: Name of the closure here; default the bundle's.

    Raises:
        InvalidInput: Not a bundle, or a damaged one.
        VerificationError: Something does not follow from a signature we believe; what was
            published before is whole, nothing of this run is visible.
        StorageFull: No room; what was stored is kept for the next time.
    """
    manifest = reader.manifest
    for run in manifest.runs:
        _check_stamp(run, stores.clock())
    policies = {run: policy_for(run) for run in manifest.runs}
    with storing(stores.locks, f"import of {manifest.closure}"):
        stores.blobs.recover()
        stores.progress.phase("read", manifest.closure)
        stores.progress.plan(len(manifest.blobs), manifest.size)
        stored = _store(reader, stores)
        runs = tuple(_capture(run, policy, stores) for run, policy in policies.items())
        return ImportReport(signer, stored, runs, _closure(manifest, stores, name))


def _check_stamp(run: BundledRun, now: float) -> None:
    """A run of the future would pass for the newest one until then."""
    if run.stamp.epoch > now + CLOCK_SKEW:
        raise VerificationError(
            f"the bundle says that its run of {run.archive} is of {run.stamp}: yet to come",
            advice="check this machine's clock, or do not believe whoever made it",
        )


def _store(reader: BundleReader, stores: MirrorStores) -> int:
    """Store what is not here; what is here, or was taken out, is hashed all the same."""
    withheld = stores.catalogue.removals.withheld(digest for digest, _ in reader.manifest.blobs)
    stored = pending = 0
    try:
        for digest, pieces in reader.blobs():
            if digest in withheld or stores.blobs.contains(digest):
                _check(digest, pieces)
            else:
                blob = stores.blobs.add(pieces, expect=digest, durable=False)
                stored, pending = stored + 1, pending + blob.size
            stores.progress.finished(digest.hex, 0)
            if pending >= _BATCH:
                stores.blobs.sync()
                pending = 0
    finally:
        stores.blobs.sync()
    return stored


def _check(digest: Digest, pieces: Iterator[bytes]) -> None:
    running = hashlib.sha256()
    for piece in pieces:
        running.update(piece)
    if running.hexdigest() != digest.hex:
        raise VerificationError(f"the bundle's blob {digest} hashes to {running.hexdigest()}")


def _capture(run: BundledRun, policy: ArchivePolicy, stores: MirrorStores) -> ImportedRun:
    """One run, as a sync would: under the archive's lock, whole or not at all."""
    lock = archive_lock(stores.locks, run.archive)
    with (
        exclusive(lock, f"import into {run.archive}", now=stores.clock(), wait=True),
        tempfile.TemporaryDirectory(prefix="bundle-") as place,
    ):
        place_missing_runs(stores, run.archive)
        upstream = BundleUpstream(run, Path(place), stores.blobs)
        report = Capture(policy, [upstream], stores).run(run.stamp, believed=False)
        record = stores.catalogue.run_at(run.archive, report.stamp)
        return ImportedRun(run.archive, record.trust if record else policy.trust, report)


def _closure(manifest: BundleManifest, stores: MirrorStores, name: str | None) -> ClosureReport:
    """The bundle's closure joined to the one of that name, over what is known here now."""
    sizes: Mapping[Digest, int] = dict(manifest.blobs)
    definition = Definition.from_text(_text(manifest.definition, stores, sizes), "its definition")
    for one in sorted(definition.records):
        data = _text(one.digest, stores, sizes)
        record = read_record(data, one.name)
        keep_record(stores.catalogue, stores.blobs, record, data, name=one.name, origin="bundle")
    return fetch_closure(stores, (), name or manifest.closure, definition, adding=True)


def _text(digest: Digest, stores: MirrorStores, sizes: Mapping[Digest, int]) -> bytes:
    if sizes.get(digest, _MOST_TEXT + 1) > _MOST_TEXT:
        raise InvalidInput(f"the bundle names {digest} and does not hold it, or it is too large")
    with stores.blobs.open(digest) as reader:
        return b"".join(reader)
