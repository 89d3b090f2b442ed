# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of a bundle is believed: what comes in was proved again, whole or not at all."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from mirror.bundle_stream import BundleReader, write_bundle
from mirror.import_bundle import check_signer, import_bundle
from snapshot.bundle import BundledMember, BundleManifest
from snapshot.closure import Definition
from snapshot.digest import Digest
from snapshot.errors import DejabuildError, InvalidInput, VerificationError
from snapshot.need import Need
from snapshot.timestamp import Timestamp
from tests.mirror.closure_bench import FIRST, INSTALLED, RECORD, SECOND, ClosureBench
from tests.openpgp import ThrowawayKey


@pytest.fixture
def bundle(closures: ClosureBench) -> bytes:
    closures.fetch(definition=closures.define())
    return closures.export()[0]


def contents(bundle: bytes) -> dict[Digest, bytes]:
    reader = BundleReader(io.BytesIO(bundle), "bundle")
    return {digest: b"".join(pieces) for digest, pieces in reader.blobs()}


def forged(
    bundle: bytes,
    change: Callable[[dict[str, bytes]], None],
    runs: Callable[[BundleManifest], BundleManifest] = lambda manifest: manifest,
) -> bytes:
    """A bundle in which members, by name, have other bytes and everything else fits again."""
    manifest = runs(BundleReader(io.BytesIO(bundle), "bundle").manifest)
    data = contents(bundle)
    (run,) = manifest.runs
    named = {member.path: data[member.digest] for member in run.members}
    change(named)
    members = tuple(
        BundledMember(member.suite, member.path, Digest.of(named[member.path]))
        for member in run.members
    )
    data |= {Digest.of(one): one for one in named.values()}
    kept = (manifest.definition, *(m.digest for m in members))
    old = {member.digest for member in run.members}
    rest = tuple(digest for digest, _ in manifest.blobs if digest not in {*kept, *old})
    made = replace(
        manifest,
        runs=(replace(run, members=members),),
        blobs=tuple((one, len(data[one])) for one in dict.fromkeys((*kept, *rest))),
    )
    out = io.BytesIO()
    write_bundle(out, made, made.text(), lambda digest: [data[digest]])
    return out.getvalue()


def nothing_visible(closures: ClosureBench) -> bool:
    catalogue = closures.offline.stores.catalogue
    return not catalogue.archives() and not catalogue.closures.all()


def test_what_comes_in_is_what_a_sync_would_have_brought(
    closures: ClosureBench, bundle: bytes
) -> None:
    report = closures.take_in(bundle)
    assert report.closure.complete
    (run,) = report.runs
    assert (run.archive, run.trust, run.report.stamp) == ("debian", "release", FIRST.date)
    catalogue = closures.offline.stores.catalogue
    mine = [line for line in closures.offline.dump() if line.startswith(("presence", "index"))]
    theirs = [line for line in closures.online.dump() if line.startswith(("presence", "index"))]
    assert mine == theirs
    record = catalogue.buildinfo(Digest.of(RECORD))
    assert record is not None
    assert record.origin == "bundle"
    tree = closures.offline.root / "archive/debian" / str(FIRST.date)
    assert (tree / INSTALLED[0].path).read_bytes() == INSTALLED[0].data
    assert (tree / "dists/bookworm/InRelease").exists()
    assert closures.upstream.requests  # of the fetch; the import asked nobody
    assert catalogue.closures.get("base") is not None


def test_imported_twice_it_changes_nothing(closures: ClosureBench, bundle: bytes) -> None:
    closures.take_in(bundle)
    before, tree = closures.offline.dump(), closures.offline.tree()
    again = closures.take_in(bundle)
    assert (again.stored, again.runs[0].report.unchanged) == (0, True)
    assert (closures.offline.dump(), closures.offline.tree()) == (before, tree)


def test_an_import_that_broke_off_goes_on(closures: ClosureBench, bundle: bytes) -> None:
    closures.take_in(bundle)
    whole, tree = closures.offline.dump(), closures.offline.tree()
    other = ClosureBench.__new__(ClosureBench)
    other.__dict__.update(closures.__dict__)
    other.offline = closures.mirror("again", "http://127.0.0.1:9")
    for length in (700, len(bundle) // 2, len(bundle) - 900):
        with pytest.raises(InvalidInput):
            other.take_in(bundle[:length])
        assert nothing_visible(other)
    assert 0 < other.take_in(bundle).stored < len(contents(bundle))
    assert other.offline.dump() == whole
    assert other.offline.tree() == tree
    other.offline.close()


def test_a_second_closure_widens_the_same_run(closures: ClosureBench, bundle: bytes) -> None:
    closures.take_in(bundle)
    needs = frozenset({Need("package006", "1.0-1", "amd64")})
    closures.fetch("more", Definition(needs=needs))
    assert closures.take_in(closures.export("more")[0]).closure.complete
    catalogue = closures.offline.stores.catalogue
    assert [one.name for one in catalogue.closures.all()] == ["base", "more"]
    assert len(catalogue.runs("debian")) == 1
    assert closures.take_in(bundle, name="mine").closure.name == "mine"


def test_bundles_of_two_dates_come_in_in_any_order(closures: ClosureBench, bundle: bytes) -> None:
    closures.sync(SECOND)
    needs = frozenset({Need("arrived", "1", "amd64")})
    closures.fetch("new", Definition(needs=needs))
    newer, _ = closures.export("new")
    closures.take_in(newer)
    closures.take_in(bundle)
    catalogue = closures.offline.stores.catalogue
    assert catalogue.run_stamps("debian") == (FIRST.date, SECOND.date)


@pytest.mark.parametrize(
    "path", ["InRelease", "main/binary-amd64/Packages.xz", "main/source/Sources.xz"]
)
def test_a_changed_member_is_refused_and_nothing_is_visible(
    closures: ClosureBench, bundle: bytes, path: str
) -> None:
    def change(named: dict[str, bytes]) -> None:
        at = len(named[path]) // 2
        named[path] = named[path][:at] + b"?" + named[path][at + 1 :]

    with pytest.raises(DejabuildError) as caught:
        closures.take_in(forged(bundle, change))
    assert caught.value.exit_code in {75, 76}
    assert nothing_visible(closures)


def test_the_signature_of_a_stranger_is_refused(closures: ClosureBench, bundle: bytes) -> None:
    stranger = ThrowawayKey("A stranger")
    text = closures.archive.release(FIRST, {"main/binary-amd64/Packages": b""})

    def change(named: dict[str, bytes]) -> None:
        named["InRelease"] = stranger.inline(text)

    try:
        with pytest.raises(VerificationError, match="no signature that"):
            closures.take_in(forged(bundle, change))
    finally:
        stranger.close()
    assert nothing_visible(closures)


def test_a_run_that_is_yet_to_come_is_refused(closures: ClosureBench, bundle: bytes) -> None:
    def later(manifest: BundleManifest) -> BundleManifest:
        (run,) = manifest.runs
        return replace(manifest, runs=(replace(run, stamp=Timestamp.parse("20991231T000000Z")),))

    with pytest.raises(VerificationError, match="20991231T000000Z: yet to come"):
        closures.take_in(forged(bundle, lambda _named: None, later))
    assert nothing_visible(closures)


def test_no_bundle_moves_a_stamp_from_a_newer_run_to_an_older_one(
    closures: ClosureBench, bundle: bytes
) -> None:
    closures.sync(SECOND)
    closures.fetch("new", Definition(needs=frozenset({Need("arrived", "1", "amd64")})))
    closures.take_in(closures.export("new")[0])
    at, catalogue = Timestamp.parse("20261001T000000Z"), closures.offline.stores.catalogue

    def later(manifest: BundleManifest) -> BundleManifest:
        (run,) = manifest.runs
        return replace(manifest, runs=(replace(run, stamp=at),))

    for _ in range(2):
        assert closures.take_in(forged(bundle, lambda _named: None, later)).closure.complete
        answers = catalogue.run_at("debian", at)
        assert answers is not None
        assert answers.timestamp == SECOND.date
        assert catalogue.run_stamps("debian") == (FIRST.date, SECOND.date)


def test_an_archive_without_proof_says_so_in_its_run(closures: ClosureBench, bundle: bytes) -> None:
    reader = BundleReader(io.BytesIO(bundle), "bundle")
    report = import_bundle(reader, closures.offline.stores, closures.without_proof)
    assert [run.trust for run in report.runs] == ["none"]
    run = closures.offline.stores.catalogue.runs("debian")[0]
    assert run.trust == "none"
    assert report.closure.resolved.unverified


def test_a_blob_with_other_bytes_is_refused(closures: ClosureBench, bundle: bytes) -> None:
    plain = bytearray(zstandard.ZstdDecompressor().stream_reader(bundle).read())
    at = plain.index(INSTALLED[0].data) + 100
    plain[at] ^= 1
    with pytest.raises(VerificationError, match="expected"):
        closures.take_in(zstandard.compress(bytes(plain)))
    assert nothing_visible(closures)
    assert not closures.offline.blobs.contains(Digest.of(INSTALLED[0].data))


def test_a_blob_that_is_here_is_hashed_all_the_same(closures: ClosureBench, bundle: bytes) -> None:
    closures.offline.blobs.add([INSTALLED[0].data])
    plain = bytearray(zstandard.ZstdDecompressor().stream_reader(bundle).read())
    plain[plain.index(INSTALLED[0].data) + 100] ^= 1
    with pytest.raises(VerificationError, match="hashes to"):
        closures.take_in(zstandard.compress(bytes(plain)))


def test_a_bundle_brings_nothing_back_that_was_taken_out(
    closures: ClosureBench, bundle: bytes
) -> None:
    gone = Digest.of(INSTALLED[0].data)
    closures.offline.stores.catalogue.removals.add("broken", files=[gone], now=FIRST.date)
    report = closures.take_in(bundle)
    assert [file.digest for file in report.closure.lacking] == [gone]
    assert not closures.offline.blobs.contains(gone)
    tree = closures.offline.root / "archive/debian" / str(FIRST.date)
    assert not (tree / INSTALLED[0].path).exists()


def test_an_untrusted_archive_is_refused_before_anything_is_stored(
    closures: ClosureBench, bundle: bytes
) -> None:
    def nobody(_run: object) -> None:
        raise VerificationError("nobody vouches for it")

    reader = BundleReader(io.BytesIO(bundle), "bundle")
    with pytest.raises(VerificationError, match="nobody"):
        import_bundle(reader, closures.offline.stores, nobody)  # type: ignore[arg-type]
    assert list(closures.offline.blobs) == []


def test_who_made_a_bundle_is_known_when_it_is_asked(
    closures: ClosureBench, bundle: bytes, throwaway_key: ThrowawayKey, tmp_path: Path
) -> None:
    manifest = BundleReader(io.BytesIO(bundle), "bundle").manifest
    data, out = contents(bundle), io.BytesIO()
    write_bundle(out, manifest, throwaway_key.inline(manifest.text()), lambda d: [data[d]])
    reader = BundleReader(io.BytesIO(out.getvalue()), "bundle")
    assert reader.manifest == manifest
    fingerprint = check_signer(reader, closures.keyring, "bundle")
    assert len(fingerprint) == 40
    with pytest.raises(VerificationError):
        check_signer(BundleReader(io.BytesIO(bundle), "bundle"), closures.keyring, "bundle")


def test_a_bundle_unpacked_by_hand_is_plain_files(bundle: bytes) -> None:
    plain = zstandard.ZstdDecompressor().stream_reader(bundle).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        for entry in archive.getmembers()[1:]:
            file = archive.extractfile(entry)
            assert file is not None
            assert entry.name == f"blobs/{Digest.of(file.read())}"
