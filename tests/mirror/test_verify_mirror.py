# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published is checked from the signature to the bytes, and named where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mirror.findings import VerifyReport
from mirror.lock import collection_lock, exclusive
from mirror.verify_mirror import ArchiveVerifier
from snapshot.digest import Digest
from snapshot.errors import Busy, DejabuildError, Denied, TransientError
from storage.blobs import BlobReader
from storage.catalogue import BlobState
from storage.database import Database
from tests.mirror.conftest import FIRST
from tests.mirror.mirror_bench import MirrorBench
from tests.mirror.scrub_bench import WORLD, ScrubBench, scrub_bench
from tests.mirror.test_fetch_images import CURRENT, WithInstaller
from tests.openpgp import ThrowawayKey
from tests.small_archive import SmallArchive, worlds

DEB = WORLD.debs[3]
DIGEST = Digest.of(DEB.data)


@pytest.fixture
def bench(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ScrubBench]:
    with scrub_bench(tmp_path, throwaway_key) as one:
        yield one


def verify(bench: ScrubBench, *, deep: bool = False, repair: bool = False) -> VerifyReport:
    policy = bench.bench.policy()
    verifier = ArchiveVerifier("debian", policy, bench.stores, bench.heal, deep=deep, repair=repair)
    return verifier.run()


def faults(report: VerifyReport) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in report.findings if not one.repaired]


def member(bench: ScrubBench, end: str) -> Digest:
    members = bench.stores.catalogue.inventory.members_of_run("debian", WORLD.date)
    return next(one.digest for one in members if one.path.endswith(end))


def test_a_sound_mirror_of_two_runs_has_no_fault(bench: ScrubBench) -> None:
    bench.archive.publish(worlds(6)[1])
    bench.bench.sync()
    before = bench.bench.tree()
    report = verify(bench, deep=True, repair=True)
    assert (report.findings, report.notes) == ([], [])
    assert (report.runs, report.releases) == (2, 2)
    assert report.blobs == len(list(bench.stores.blobs))
    assert bench.bench.tree() == before


def test_a_blob_that_is_gone_is_named_with_its_run_and_path(bench: ScrubBench) -> None:
    bench.stores.blobs.delete(DIGEST)
    report = verify(bench)
    (found,) = [one for one in report.findings if one.kind == "blob"]
    assert (found.run, found.path, found.repaired) == (WORLD.date, DEB.path, False)
    assert str(DIGEST) in found.what
    assert ("link", DEB.path) in faults(report)  # and what nginx would stumble over


def test_repair_fetches_what_is_gone(bench: ScrubBench) -> None:
    before = bench.bench.tree()
    bench.stores.blobs.delete(DIGEST)
    report = verify(bench, repair=True)
    assert report.findings
    assert faults(report) == []
    assert bench.bench.tree() == before
    assert verify(bench).findings == []


def test_what_cannot_be_had_is_called_missing_and_stays_a_fault(bench: ScrubBench) -> None:
    bench.stores.blobs.delete(DIGEST)
    del bench.archive.files[f"/{DEB.path}"]
    assert ("blob", DEB.path) in faults(verify(bench, repair=True))
    known = bench.stores.catalogue.blob_by_hash(DIGEST.hex)
    assert known is not None
    assert known.state is BlobState.MISSING
    report = verify(bench)  # from now on it is known not to be here
    assert (report.lacking, faults(report)) == (1, [])


def test_wrong_bytes_of_the_right_length_are_found_by_looking_deeper(bench: ScrubBench) -> None:
    bench.damage(DIGEST)
    assert verify(bench).findings == []
    assert faults(verify(bench, deep=True)) == [("blob", DEB.path)]
    report = verify(bench, deep=True, repair=True)
    assert faults(report) == []
    assert b"".join(bench.stores.blobs.open(DIGEST)) == DEB.data
    assert list((bench.bench.root / "blobs/quarantine").iterdir())


def test_a_wrong_size_is_found_without(bench: ScrubBench) -> None:
    path = bench.damage(DIGEST)
    path.chmod(0o644)
    path.write_bytes(b"short")
    assert faults(verify(bench)) == [("blob", DEB.path)]


def test_a_release_whose_signature_no_longer_holds_is_found(bench: ScrubBench) -> None:
    bench.damage(member(bench, "InRelease"), b"-----BEGIN PGP SIGNED MESSAGF-----")
    (found,) = verify(bench).findings
    assert (found.kind, found.path, found.run) == ("signature", "dists/bookworm", WORLD.date)


def test_a_release_of_a_stranger_is_found(bench: ScrubBench, tmp_path: Path) -> None:
    (tmp_path / "keyring.gpg").write_bytes(
        Path("/usr/share/keyrings/debian-archive-keyring.gpg").read_bytes()
    )
    (found,) = verify(bench).findings
    assert found.kind == "signature"
    assert "no signature that" in found.what


def test_an_index_that_its_release_does_not_list_is_found(bench: ScrubBench) -> None:
    other = bench.stores.blobs.add([b"not that index"])
    index = member(bench, "binary-amd64/Packages.xz")
    database: Database = bench.bench.database
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE release_files SET digest = ?, size = ? WHERE digest = ?",
            (other.digest.raw, other.size, index.raw),
        )
    assert ("index", "dists/bookworm/main/binary-amd64/Packages.xz") in faults(verify(bench))


def test_rows_that_were_made_from_another_index_are_found(bench: ScrubBench) -> None:
    with bench.bench.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE observations SET index_digest = ? WHERE stream_id = (SELECT id FROM streams "
            "WHERE architecture = 'amd64')",
            (Digest.of(b"another").raw,),
        )
    (found,) = verify(bench).findings
    assert (found.kind, found.path) == ("index", "dists/bookworm/main/binary-amd64/Packages")


def test_images_follow_from_the_list_that_the_release_names(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    installer = WithInstaller(archive.key, files=archive.files)
    installer.publish(FIRST)
    mirror.sync(extras=("installer",))

    def look() -> VerifyReport:
        policy = mirror.policy(extras=("installer",))
        return ArchiveVerifier("debian", policy, mirror.stores, lambda _: False).run()

    assert look().findings == []
    other = mirror.blobs.add([b"another image"])
    with mirror.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE release_files SET digest = ?, size = ? WHERE path = ?",
            (other.digest.raw, other.size, f"{CURRENT}/udeb.list"),
        )
    found = look().findings
    assert ("index", f"dists/bookworm/{CURRENT}/udeb.list") in {(f.kind, f.path) for f in found}


def test_an_archive_without_settings_is_checked_but_for_its_signatures(bench: ScrubBench) -> None:
    report = ArchiveVerifier("debian", None, bench.stores, bench.heal).run()
    assert report.findings == []
    assert "no keyring" in report.notes[0]


def test_a_running_sync_is_not_disturbed(bench: ScrubBench) -> None:
    lock = bench.stores.locks / "mirror-debian.lock"
    with exclusive(lock, "sync of debian", now=0.0), pytest.raises(Busy, match="process"):
        verify(bench)


def test_nothing_is_collected_while_it_is_looked_for(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or what is collected between the question and the look is a fault, and fetched again."""
    size = bench.bench.blobs.size

    def sizing(digest: Digest) -> int:
        lock = collection_lock(bench.stores.locks)
        with pytest.raises(Busy), exclusive(lock, "collecting", now=0.0):
            pass
        return size(digest)

    monkeypatch.setattr(bench.bench.blobs, "size", sizing)
    assert verify(bench).findings == []
    with exclusive(collection_lock(bench.stores.locks), "collecting", now=0.0):
        pass


def test_what_a_scrub_put_aside_at_that_moment_is_fetched_all_the_same(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.damage(DIGEST)
    quarantine = bench.bench.blobs.quarantine

    def scrubbed_first(digest: Digest) -> str:
        quarantine(digest)
        return quarantine(digest)

    monkeypatch.setattr(bench.bench.blobs, "quarantine", scrubbed_first)
    assert faults(verify(bench, deep=True, repair=True)) == []
    assert b"".join(bench.stores.blobs.open(DIGEST)) == DEB.data


def test_a_store_that_does_not_answer_is_no_fault_of_the_archive(
    bench: ScrubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for refusal in (TransientError("the bucket does not answer"), Denied("it refuses us")):

        def down(*_: object, error: DejabuildError = refusal) -> BlobReader:
            raise error

        monkeypatch.setattr(bench.bench.blobs, "size", down)
        with pytest.raises(type(refusal)):
            verify(bench, repair=True)
