# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-1 and MD5 are believed by name, said by the run, and refused otherwise."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from mirror.policy import ArchivePolicy, WeakDigest
from mirror.weak_digests import Proof, check_weakly, has_proof, proof_of, run_trust
from snapshot.digest import Checksums, Digest
from snapshot.errors import CorruptUpstream, VerificationError
from snapshot.release import Release
from tests.mirror.conftest import FIRST
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive, World

LENGTHS = {"SHA256": 64, "SHA1": 40, "MD5": 32}
NAMES = {"SHA256": "SHA256", "SHA1": "SHA1", "MD5": "MD5Sum"}


def release(*digests: Proof) -> Release:
    lists = "".join(f"{NAMES[one]}:\n {'0' * LENGTHS[one]} 1 a\n" for one in digests)
    return Release.parse(f"Date: Sat, 11 Jul 2026 10:16:37 UTC\n{lists}".encode())


def policy(*weak: WeakDigest, trust: str = "release") -> ArchivePolicy:
    return ArchivePolicy(
        "old",
        ("http://h",),
        ("potato",),
        keyring=Path("k"),
        weak_digests=weak,
        trust=trust,  # type: ignore[arg-type]
    )


def test_a_release_is_believed_by_the_strongest_digest_it_has() -> None:
    assert proof_of(release("SHA256", "SHA1", "MD5"), "potato", policy("MD5")) == "SHA256"
    assert proof_of(release("SHA1", "MD5"), "potato", policy("MD5", "SHA1")) == "SHA1"
    assert proof_of(release("MD5"), "potato", policy("MD5", "SHA1")) == "MD5"


@pytest.mark.parametrize(
    ("has", "believed", "named"),
    [(("SHA1", "MD5"), (), "SHA1"), (("MD5",), ("SHA1",), "MD5"), (("MD5",), (), "MD5")],
)
def test_what_was_not_named_is_refused_with_the_key_to_set(
    has: tuple[Proof, ...], believed: tuple[WeakDigest, ...], named: str
) -> None:
    with pytest.raises(VerificationError, match="potato has no SHA-256") as caught:
        proof_of(release(*has), "potato", policy(*believed))
    assert f'weak_digests = ["{named}"] in [archive.old]' in caught.value.advice


def test_a_run_is_proved_as_its_weakest_suite() -> None:
    assert run_trust(["SHA256"], policy()) == "release"
    assert run_trust(["SHA256", "SHA1"], policy()) == "release-sha1"
    assert run_trust(["MD5", "SHA1"], policy()) == "release-md5"
    assert run_trust(["SHA256"], policy(trust="none")) == "none"


def test_a_member_counts_by_the_digest_of_its_release() -> None:
    assert has_proof(Checksums(1, sha1="0" * 40), "SHA1")
    assert not has_proof(Checksums(1, sha1="0" * 40), "SHA256")
    assert has_proof(Checksums(1, Digest("0" * 64)), "SHA256")


def test_bytes_are_held_against_what_is_known_of_them() -> None:
    data = b"an index"
    md5, sha1 = hashlib.md5(data).hexdigest(), hashlib.sha1(data).hexdigest()
    check_weakly(data, Checksums(8, md5=md5), "it")
    check_weakly(data, Checksums(8, sha1=sha1, md5="0" * 32), "it")
    for wrong in (Checksums(8, sha1="0" * 40, md5=md5), Checksums(9, md5=md5)):
        with pytest.raises(CorruptUpstream, match="it: 8 bytes"):
            check_weakly(data, wrong, "it")


class OldArchive(SmallArchive):
    """Its Releases have SHA-1 alone, its indices as well, on demand."""

    stanzas_too = False

    def _indices(self, world: World) -> dict[str, bytes]:
        found = super()._indices(world)
        if self.stanzas_too:
            lines = found[f"main/binary-{self.architecture}/Packages"].splitlines(keepends=True)
            plain = b"".join(line for line in lines if not line.startswith(b"SHA256:"))
            found = {"main/binary-amd64/Packages.gz": gzip.compress(plain, mtime=0)}
        return found

    def release(self, world: World, indices: object) -> bytes:
        assert isinstance(indices, dict)
        text = super().release(world, indices).decode()
        for data in indices.values():
            text = text.replace(Digest.of(data).hex, hashlib.sha1(data).hexdigest())
        return text.replace("SHA256:", "SHA1:").encode()


def test_an_old_suite_is_mirrored_when_sha1_is_believed_and_its_run_says_so(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    old = OldArchive(archive.key, by_hash=False)
    old.publish(FIRST)
    archive.files.update(old.files)
    with pytest.raises(VerificationError, match="no SHA-256"):
        mirror.sync()
    assert mirror.sync(weak_digests=("SHA1",)).missing == 0
    run = mirror.stores.catalogue.run_at("debian", FIRST.date)
    assert run is not None
    assert run.trust == "release-sha1"
    path = "dists/bookworm/main/binary-amd64/Packages.xz"
    index = mirror.stores.catalogue.file_at("debian", FIRST.date, path)
    assert index is not None
    assert index.digest == Digest.of(old.files[f"/{path}"])
    assert mirror.sync(weak_digests=("SHA1",)).runs[0].unchanged


def test_other_bytes_than_sha1_says_are_refused(mirror: MirrorBench, archive: SmallArchive) -> None:
    old = OldArchive(archive.key, by_hash=False)
    old.publish(FIRST)
    for path, data in old.files.items():
        wrong = data[:-1] + b"x" if "/Packages" in path else data
        archive.files[path] = wrong
    with pytest.raises(Exception, match="is not the one its Release names"):
        mirror.sync(weak_digests=("SHA1",))
    assert mirror.stores.catalogue.run_stamps("debian") == ()


def test_files_without_any_sha256_are_left_out_and_that_is_said(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    old = OldArchive(archive.key, by_hash=False)
    old.stanzas_too = True
    old.publish(FIRST)
    archive.files.clear()
    archive.files.update(old.files)
    report = mirror.sync(weak_digests=("SHA1",))
    assert report.runs[0].files == 0
    (said,) = [line for line in mirror.listener.said if "no SHA-256" in line]
    assert said.startswith("debian dists/bookworm/main/binary-amd64/Packages.gz: 4 entries")
